/** The raven of Corvus. */
export function BrandMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 64 64" aria-hidden className={className}>
      <path fill="currentColor" d={ravenPath} />
      <circle cx="37.6" cy="20.6" r="2.1" className="fill-surface" />
    </svg>
  );
}

// The same outline as resources/icons/icon.svg.
const ravenPath =
  'M60 24.4 46.9 17C44 11.6 38.6 8.6 33 9c-8 .6-13.4 6.7-13.7 14.6-.2 5-2.3 8.8-5.9 13.1L3.5 48.6c-.6.8.1 1.8 1 1.6l9.6-2.6-3.4 7c-.4.9.5 1.8 1.4 1.4l14-6.4c3.4.6 7 .4 10.4-.7 7.8-2.6 12.6-9.3 12.5-17.2 0-1.5-.2-2.9-.6-4.3l11-1.2c1.1-.1 1.5-1.3.6-1.8Z';
