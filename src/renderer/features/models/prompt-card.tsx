import type { ListedModel } from '#shared/contract/models.ts';
import { Card } from '../../components/card.tsx';
import { Button } from '../../components/button.tsx';
import { Field, WholeNumberInput } from '../../components/field.tsx';
import { countText } from '../../lib/format-number.ts';
import { CountedPrompt } from './counted-prompt.tsx';
import { type Prompt, useModelsStore } from './models-store.ts';

const examples: readonly { name: string; prompt: Prompt }[] = [
  { name: 'Short question', prompt: { inputTokens: 300, outputTokens: 400, cachedPercent: 0 } },
  { name: 'Long document', prompt: { inputTokens: 60_000, outputTokens: 1_500, cachedPercent: 0 } },
  { name: 'Coding agent turn', prompt: { inputTokens: 45_000, outputTokens: 900, cachedPercent: 90 } },
];

/** The size of a prompt; every model below is priced for it as it is typed. */
export function PromptCard({ models }: { models: readonly ListedModel[] }) {
  const { prompt, setPrompt } = useModelsStore();
  const cachedTokens = Math.floor((prompt.inputTokens * prompt.cachedPercent) / 100);
  return (
    <Card
      title="What would a prompt of this size cost?"
      actions={
        <div role="group" aria-label="Examples" className="flex flex-wrap gap-1">
          {examples.map((example) => (
            <Button key={example.name} size="small" look="quiet" onClick={() => setPrompt(example.prompt)}>
              {example.name}
            </Button>
          ))}
        </div>
      }
    >
      <div className="grid gap-x-6 gap-y-4 sm:grid-cols-2 lg:grid-cols-[12rem_12rem_minmax(0,24rem)]">
        <Field label="Input tokens">
          {(ids) => (
            <WholeNumberInput
              {...ids}
              value={prompt.inputTokens}
              onValue={(inputTokens) => setPrompt({ inputTokens })}
            />
          )}
        </Field>
        <Field label="Output tokens">
          {(ids) => (
            <WholeNumberInput
              {...ids}
              value={prompt.outputTokens}
              onValue={(outputTokens) => setPrompt({ outputTokens })}
            />
          )}
        </Field>
        <Field
          label={`Read from cache: ${prompt.cachedPercent} %`}
          hint={`${countText(cachedTokens)} of the input tokens`}
        >
          {(ids) => (
            <input
              {...ids}
              aria-invalid={undefined}
              type="range"
              min={0}
              max={100}
              step={5}
              value={prompt.cachedPercent}
              onChange={(change) => setPrompt({ cachedPercent: Number(change.target.value) })}
              className="h-9 w-full cursor-pointer"
            />
          )}
        </Field>
      </div>
      <CountedPrompt models={models} />
    </Card>
  );
}
