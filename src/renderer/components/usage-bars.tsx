import { type KeyboardEvent, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { Output } from '#shared/contract/contract.ts';
import type { RequestFilter } from '#shared/contract/requests.ts';
import type { UsageMeasure } from '#shared/contract/usage.ts';
import { requestsAddress } from '../lib/requests-address.ts';
import { measureNames, measureTexts, sizeOf } from '../lib/usage-words.ts';
import { axisSteps, axisTexts, sizeText } from '../lib/chart-axis.ts';
import { dayMs } from '#shared/time.ts';
import { classNames } from '../lib/class-names.ts';

type Bucket = Output<'usage.report'>['buckets'][number];

interface UsageBarsProps {
  buckets: readonly Bucket[];
  measure: UsageMeasure;
  /** The values that have a colour, in the order in which they are stacked. All others share one. */
  colours: readonly { value: string; name: string; colour: string }[];
  /** The requests that are summed, without their time. */
  filter: Partial<RequestFilter>;
  /** Whether something next to the chart already serves as its legend. */
  isExplained?: boolean;
}

const restColour = 'var(--series-rest)';
const hourOf = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const dayOf = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const wholeHour = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const wholeDay = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'long' });

/** Stacked bars over time. Each links to its requests. The chart is one tab stop; arrow keys move between bars. */
export function UsageBars({ buckets, measure, colours, filter, isExplained = false }: UsageBarsProps) {
  const [active, setActive] = useState<number | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const steps = axisSteps(Math.max(...buckets.map((bucket) => totalSize(bucket, measure))));
  const most = steps.at(-1) ?? 1;
  const used = buckets.flatMap((bucket, index) => (bucket.total.requests > 0 ? [index] : []));
  const stop = active !== null && used.includes(active) ? active : used.at(-1);
  const isHourly = buckets.every(({ fromMs, toMs }) => toMs - fromMs < dayMs / 2);

  function onKeyDown(press: KeyboardEvent) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[press.key];
    const target = step === undefined || stop === undefined ? undefined : used[used.indexOf(stop) + step];
    if (target === undefined) return;
    press.preventDefault();
    list.current?.children[target]?.querySelector('a')?.focus();
  }

  const shown = active === null ? undefined : buckets[active];
  return (
    <figure>
      <Readout bucket={shown} measure={measure} colours={colours} isHourly={isHourly} isExplained={isExplained} />
      <div className="relative h-64 pl-14">
        <Grid steps={steps} most={most} measure={measure} />
        <ol
          ref={list}
          aria-label={`${measureNames[measure]} over time`}
          className="relative flex h-full items-stretch gap-px sm:gap-0.5"
          onKeyDown={onKeyDown}
          onMouseLeave={() => setActive(null)}
          onBlur={() => setActive(null)}
        >
          {buckets.map((bucket, index) => (
            <li
              key={bucket.fromMs}
              className="relative min-w-0 flex-1 hover:bg-hover"
              onMouseEnter={() => setActive(index)}
            >
              {bucket.total.requests > 0 && (
                <Link
                  href={requestsAddress({ status: 'ended', ...filter, fromMs: bucket.fromMs, toMs: bucket.toMs })}
                  tabIndex={index === stop ? 0 : -1}
                  onFocus={() => setActive(index)}
                  aria-label={`${timeText(bucket, isHourly)}, ${measureNames[measure]}: ${measureTexts(bucket.total, measure)?.exact ?? ''}`}
                  className="absolute inset-0 flex flex-col justify-end -outline-offset-2"
                >
                  <Stack bucket={bucket} measure={measure} colours={colours} most={most} />
                </Link>
              )}
            </li>
          ))}
        </ol>
      </div>
      <TimeAxis buckets={buckets} isHourly={isHourly} />
    </figure>
  );
}

type Look = Pick<UsageBarsProps, 'measure' | 'colours'>;

function totalSize({ parts }: Bucket, measure: UsageMeasure): number {
  return parts.reduce((sum, part) => sum + sizeOf(part, measure), 0);
}

/** The coloured values of a bucket, and what the others are together. */
function segments({ parts }: Bucket, { measure, colours }: Look): { name: string; colour: string; size: number }[] {
  const named = colours.map(({ value, name, colour }) => {
    const part = parts.find((candidate) => candidate.value === value);
    return { name, colour, size: part ? sizeOf(part, measure) : 0 };
  });
  const others = parts.filter(({ value }) => !colours.some((colour) => colour.value === value));
  const rest = {
    name: 'Others',
    colour: restColour,
    size: others.reduce((sum, part) => sum + sizeOf(part, measure), 0),
  };
  return [...named, rest].filter(({ size }) => size > 0);
}

function Stack({ bucket, most, ...look }: Look & { bucket: Bucket; most: number }) {
  return segments(bucket, look)
    .toReversed()
    .map(({ name, colour, size }) => (
      <span
        key={name}
        aria-hidden
        className="mx-auto w-full max-w-11 shrink-0 first:rounded-t-sm"
        style={{ height: `max(1px, ${(100 * size) / most}%)`, backgroundColor: colour }}
      />
    ));
}

/** Details of the hovered or focused bar; otherwise the legend. */
function Readout({
  bucket,
  isHourly,
  isExplained,
  ...look
}: Look & { bucket: Bucket | undefined; isHourly: boolean; isExplained: boolean }) {
  const parts = bucket ? segments(bucket, look) : isExplained ? [] : look.colours;
  return (
    <figcaption className="mb-3 flex min-h-5 flex-wrap gap-x-4 gap-y-1 text-[0.8125rem] text-ink-2">
      {bucket && (
        <span className="tabular font-medium text-ink">
          {timeText(bucket, isHourly)}: {measureTexts(bucket.total, look.measure)?.exact ?? ''}
        </span>
      )}
      {parts.map((part) => (
        <span key={part.name} className="inline-flex max-w-60 min-w-0 items-center gap-1.5">
          <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ backgroundColor: part.colour }} />
          <span className="truncate">{part.name}</span>
          {'size' in part && <span className="tabular text-ink">{sizeText(part.size, look.measure)}</span>}
        </span>
      ))}
    </figcaption>
  );
}

function Grid({ steps, most, measure }: { steps: readonly number[]; most: number; measure: UsageMeasure }) {
  const texts = axisTexts(steps, measure);
  return (
    <div aria-hidden className="absolute inset-y-0 right-0 left-0">
      {steps.map((step, index) => (
        <div
          key={step}
          className="absolute right-0 left-14 border-t border-line"
          style={{ bottom: `${(100 * step) / most}%` }}
        >
          <span className="tabular absolute -top-2 right-full pr-2 text-2xs whitespace-nowrap text-ink-3">
            {texts[index]}
          </span>
        </div>
      ))}
    </div>
  );
}

const mostLabels = 8;

/** A time in the middle below its bar; on a phone below every second of those. */
function TimeAxis({ buckets, isHourly }: { buckets: readonly Bucket[]; isHourly: boolean }) {
  const every = Math.max(1, Math.ceil(buckets.length / mostLabels));
  return (
    <div aria-hidden className="tabular mt-1.5 flex h-4 pl-14 text-2xs whitespace-nowrap text-ink-3">
      {buckets.map(({ fromMs }, index) => (
        <span key={fromMs} className="relative min-w-0 flex-1">
          {index % every === 0 && (
            <span
              className={classNames('absolute left-1/2 -translate-x-1/2', index % (2 * every) !== 0 && 'max-sm:hidden')}
            >
              {(isHourly ? hourOf : dayOf).format(fromMs)}
            </span>
          )}
        </span>
      ))}
    </div>
  );
}

function timeText({ fromMs }: Bucket, isHourly: boolean): string {
  return (isHourly ? wholeHour : wholeDay).format(fromMs);
}
