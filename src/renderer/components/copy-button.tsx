import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button, IconButton } from './button.tsx';
import { showToast } from './toast.ts';

const shownMs = 1_600;

/** Copies a text and confirms that briefly. Without `children`, it is an icon. */
export function CopyButton({
  text,
  label,
  children,
  look = 'secondary',
}: {
  text: string;
  label: string;
  children?: string;
  look?: 'primary' | 'secondary';
}) {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), shownMs);
    return () => clearTimeout(timer);
  }, [isCopied]);

  async function copy() {
    if (await copyText(text)) setIsCopied(true);
    else showToast({ tone: 'bad', title: 'Could not copy', text: 'Select the text and copy it by hand.' });
  }

  const icon = isCopied ? <Check aria-hidden className="text-good" /> : <Copy aria-hidden />;
  return (
    <>
      {children ? (
        <Button
          size="small"
          look={look}
          icon={isCopied ? <Check aria-hidden /> : icon}
          aria-label={label}
          onClick={() => void copy()}
        >
          {isCopied ? 'Copied' : children}
        </Button>
      ) : (
        <IconButton label={label} onClick={() => void copy()}>
          {icon}
        </IconButton>
      )}
      <span role="status" className="sr-only">
        {isCopied ? 'Copied' : ''}
      </span>
    </>
  );
}

/**
 * The desktop app's pages may have no clipboard permission, so the old API is the fallback if the new one is refused.
 */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  // Inside the open dialog, if there is one: its focus trap would take the focus back from anywhere else.
  (focused?.closest('[role="dialog"], [role="alertdialog"]') ?? document.body).append(field);
  field.select();
  const isDone = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isDone;
}
