import { Download } from 'lucide-react';
import { useState } from 'react';
import { type ExportColumn, type ExportFormat, writeExport } from '#shared/export/write-export.ts';
import { saveFile } from '../lib/save-file.ts';
import { Button } from './button.tsx';
import { showToast } from './toast.ts';

interface ExportButtonsProps<Row> {
  /** What is exported, and the file's name: `requests`. */
  what: string;
  columns: readonly ExportColumn<Row>[];
  open: () => AsyncIterable<readonly Row[]>;
}

const types: Readonly<Record<ExportFormat, string>> = { csv: 'text/csv', json: 'application/json' };

/** Saves what a page shows, all of it, as a file. */
export function ExportButtons<Row>({ what, columns, open }: ExportButtonsProps<Row>) {
  const [busy, setBusy] = useState<ExportFormat | null>(null);

  async function save(format: ExportFormat): Promise<void> {
    setBusy(format);
    try {
      await saveFile({ what, extension: format, type: types[format] }, writeExport(open(), columns, format));
    } catch (error) {
      showToast({
        tone: 'bad',
        title: `The ${what} could not be exported`,
        text: error instanceof Error ? error.message : String(error),
      });
    }
    setBusy(null);
  }

  return (
    <span role="group" aria-label={`Export ${what}`} className="flex flex-wrap gap-1">
      {(['csv', 'json'] as const).map((format) => (
        <Button
          key={format}
          size="small"
          look="quiet"
          icon={<Download aria-hidden />}
          isBusy={busy === format}
          disabled={busy !== null}
          aria-label={`Export ${what} as ${format.toUpperCase()}`}
          onClick={() => void save(format)}
        >
          {format.toUpperCase()}
        </Button>
      ))}
    </span>
  );
}
