import { Calculator } from 'lucide-react';
import { type SubmitEvent, useState } from 'react';
import type { Estimate } from '#shared/contract/estimates.ts';
import type { ListedModel } from '#shared/contract/models.ts';
import { callBody } from '#shared/dialects/call-body.ts';
import { Button } from '../../components/button.tsx';
import { controlLook, Field } from '../../components/field.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { Select } from '../../components/select.tsx';
import { classNames } from '../../lib/class-names.ts';
import { countText, plural } from '../../lib/format-number.ts';
import { useCorvusCommand } from '../../lib/query.ts';
import { EstimatedPlaces } from './estimated-places.tsx';
import { useModelsStore } from './models-store.ts';

/** What is sent to this machine's Corvus at once. */
const longestText = 400_000;

/** Counts a prompt, or the body of a call, for one model, and shows what it would cost at each place. */
export function CountedPrompt({ models }: { models: readonly ListedModel[] }) {
  const [isOpen, setIsOpen] = useState(false);
  const [text, setText] = useState('');
  const choices = models.filter(({ lane, price }) => lane !== null || price !== null);
  const [chosen, setChosen] = useState<string | null>(null);
  const { setPrompt } = useModelsStore();
  const make = useCorvusCommand('estimates.make');
  // Cut off, as a field does by itself, it would be counted as something shorter.
  const isTooLong = text.length > longestText;
  const model = chosen ?? (choices.find(({ lane }) => lane !== null) ?? choices[0])?.slug ?? '';

  function estimate(submission: SubmitEvent) {
    submission.preventDefault();
    const body = callBody(text, model);
    if (body === null) return;
    make.mutate(
      { body, dialect: null, localKeyId: null, tool: null },
      {
        // The table of all models below is priced for the same prompt.
        onSuccess: ({ input, output }) =>
          setPrompt({ inputTokens: input.tokens, ...(output ? { outputTokens: output.median } : {}) }),
      },
    );
  }

  if (!isOpen) {
    return (
      <Button size="small" className="mt-4" icon={<Calculator aria-hidden />} onClick={() => setIsOpen(true)}>
        Count a prompt
      </Button>
    );
  }
  return (
    <div className="mt-5 border-t border-line pt-4">
      <form className="flex flex-col gap-4" onSubmit={estimate}>
        <Field label="Model" className="max-w-96">
          {(ids) => (
            <Select
              {...ids}
              value={model}
              options={choices.map(({ slug }) => ({ value: slug, label: slug }))}
              onValue={setChosen}
            />
          )}
        </Field>
        <Field
          label="Prompt"
          hint="A text, or the body of a call as JSON. It is counted on this machine and sent to no one."
          error={
            isTooLong
              ? `This is longer than ${countText(longestText)} characters. Count it in a terminal: corvusllm estimate`
              : null
          }
        >
          {(ids) => (
            <textarea
              {...ids}
              rows={5}
              autoFocus
              value={text}
              onChange={({ target }) => setText(target.value)}
              className={classNames(controlLook, 'resize-y px-3 py-2 font-mono text-[0.8125rem]')}
            />
          )}
        </Field>
        <InlineProblem error={make.error} />
        <Button
          type="submit"
          look="primary"
          className="self-start"
          disabled={text.trim() === '' || model === '' || isTooLong}
          isBusy={make.isPending}
        >
          Count and price
        </Button>
      </form>
      <div role="status">{make.data && <Counted estimate={make.data} />}</div>
    </div>
  );
}

function Counted({ estimate }: { estimate: Estimate }) {
  const { input, output, places } = estimate;
  const counted = input.tokenizer === null ? 'estimated from its bytes' : `counted by ${input.tokenizer}`;
  const media = input.tokenizer !== null && input.isEstimate ? ', pictures and sound as an estimate' : '';
  return (
    <div className="mt-4 flex flex-col gap-1">
      <p className="text-sm">
        <strong className="font-semibold">{plural(input.tokens, 'token')}</strong> of input for {estimate.model},{' '}
        {counted}
        {media}.
      </p>
      <p className="text-sm text-ink-2">
        {output
          ? `Answers of ${countText(output.low)} to ${countText(output.high)} tokens, as eight of ten among the last ${plural(output.requests, 'answer')} here.`
          : 'How long the answer will be is not known: fewer than 10 answers of this model are here.'}
      </p>
      <EstimatedPlaces places={places} />
    </div>
  );
}
