import { type SubmitEvent, useState } from 'react';
import type { PriceSources as Sources } from '#shared/contract/prices.ts';
import type { OwnPrice } from '#shared/domain/own-price.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { Notice } from '../../components/notice.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { Cell, HeadCell, Table } from '../../components/table.tsx';
import { priceText } from '../../lib/format-money.ts';
import { plural } from '../../lib/format-number.ts';
import { dateText, momentText } from '../../lib/format-time.ts';
import { useCorvusCommand } from '../../lib/query.ts';
import type { PriceDraft } from './price-dialog.tsx';

/** The target of the link in the page header. */
export const priceSourcesId = 'price-sources';

interface PriceSourcesProps {
  sources: Sources;
  onEdit: (draft: PriceDraft) => void;
}

/** Where prices come from, each with its date, and the person's own. */
export function PriceSources({ sources, onEdit }: PriceSourcesProps) {
  const { catalogue, account, list, own } = sources;
  const refresh = useCorvusCommand('prices.refresh');
  return (
    <div id={priceSourcesId} tabIndex={-1} className="rounded-xl">
      <Card
        title="Where prices come from"
        description="For your own keys, an own price wins over the price list, and the list over the catalogue. The prepaid account has its own prices."
        actions={
          <Button size="small" isBusy={refresh.isPending} onClick={() => refresh.mutate(undefined)}>
            Refresh
          </Button>
        }
      >
        <dl className="mb-3 grid grid-cols-[8rem_1fr] gap-x-3 gap-y-1.5 text-sm">
          <Source name="Catalogue" text={`${catalogue.version}, ${plural(catalogue.models, 'model')}`} />
          <Source
            name="Prepaid account"
            text={account ? `${account.version}, ${plural(account.models, 'model')}` : 'publishes no prices'}
          />
          {list && (
            <Source
              name="Price list"
              text={`read ${momentText(list.readAtMs)}, ${plural(list.models, 'model')}${list.skipped > 0 ? `; ${plural(list.skipped, 'entry', 'entries')} without a price per token` : ''}`}
            />
          )}
        </dl>
        {list?.problem && (
          <Notice level="warning" title="The price list could not be read again.">
            <p>{list.problem} The prices read before stay in use.</p>
          </Notice>
        )}
        <InlineProblem error={refresh.error} />
        <ListForm key={list?.source ?? ''} source={list?.source ?? ''} />
        {own.length > 0 && <OwnPrices own={own} onEdit={onEdit} />}
      </Card>
    </div>
  );
}

function Source({ name, text }: { name: string; text: string }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0 break-words">{text}</dd>
    </>
  );
}

function ListForm({ source }: { source: string }) {
  const [text, setText] = useState(source);
  const set = useCorvusCommand('prices.set-list');

  function save(submission: SubmitEvent) {
    submission.preventDefault();
    set.mutate({ source: text.trim() === '' ? null : text.trim() });
  }

  return (
    <form className="mt-4 flex max-w-2xl flex-col gap-2" onSubmit={save}>
      <div className="flex items-end gap-2">
        <Field label="Price list" className="flex-1">
          {(ids) => (
            <TextInput
              {...ids}
              maxLength={2048}
              placeholder="/path/to/prices.json or https://…"
              value={text}
              onChange={(typed) => setText(typed.target.value)}
            />
          )}
        </Field>
        <Button type="submit" disabled={text.trim() === source} isBusy={set.isPending}>
          {text.trim() === '' && source !== '' ? 'Remove list' : 'Use list'}
        </Button>
      </div>
      <p className="text-[0.8125rem] text-ink-3">
        A file or an address with a catalogue of Corvus or LiteLLM’s list of prices, read again every day.
      </p>
      <InlineProblem error={set.error} />
    </form>
  );
}

function OwnPrices({ own, onEdit }: { own: readonly OwnPrice[]; onEdit: (draft: PriceDraft) => void }) {
  const unset = useCorvusCommand('prices.unset');
  return (
    <div className="mt-5">
      <h3 className="mb-1 text-sm font-semibold">Own prices</h3>
      <Table label="Own prices">
        <thead>
          <tr>
            <HeadCell>Model</HeadCell>
            <HeadCell>At</HeadCell>
            <HeadCell isNumber>Input</HeadCell>
            <HeadCell isNumber>Output</HeadCell>
            <HeadCell>Set</HeadCell>
            <HeadCell>
              <span className="sr-only">Actions</span>
            </HeadCell>
          </tr>
        </thead>
        <tbody>
          {own.map(({ model, provider, prices, setAtMs }) => (
            <tr key={`${provider} ${model}`}>
              <Cell className="max-w-64 truncate font-mono text-xs" title={model}>
                {model}
              </Cell>
              <Cell>{provider ?? 'every provider'}</Cell>
              <Cell isNumber>{priceText(prices.input)}</Cell>
              <Cell isNumber>{priceText(prices.output)}</Cell>
              <Cell className="whitespace-nowrap">{dateText(setAtMs)}</Cell>
              <Cell className="text-right whitespace-nowrap">
                <Button
                  size="small"
                  look="quiet"
                  aria-label={`Change the price of ${model}`}
                  onClick={() => onEdit({ model, provider: provider ?? '', prices })}
                >
                  Change
                </Button>
                <Button
                  size="small"
                  look="quiet"
                  aria-label={`Remove the price of ${model}`}
                  onClick={() => unset.mutate({ model, provider })}
                >
                  Remove
                </Button>
              </Cell>
            </tr>
          ))}
        </tbody>
      </Table>
      <InlineProblem error={unset.error} />
    </div>
  );
}
