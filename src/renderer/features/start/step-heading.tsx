import { useEffect, useRef } from 'react';

/** Takes the focus as the step appears, unless a field of the step has it: what had it before is gone. */
export function StepHeading({ title, note }: { title: string; note: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (document.activeElement === null || document.activeElement === document.body) heading.current?.focus();
  }, []);
  return (
    <>
      <p className="text-[0.8125rem] text-ink-3">{note}</p>
      <h2 ref={heading} tabIndex={-1} className="mb-4 text-lg font-semibold outline-none">
        {title}
      </h2>
    </>
  );
}
