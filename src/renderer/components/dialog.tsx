import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { classNames } from '../lib/class-names.ts';
import { IconButton } from './button.tsx';

interface DialogProps {
  isOpen: boolean;
  title: string;
  description?: ReactNode;
  onClose: () => void;
  /** A click outside the dialog does not close it. For content that cannot be shown again. */
  isSticky?: boolean;
  className?: string;
  children: ReactNode;
}

/** A question or a form above the page. Escape closes it, focus stays inside and returns afterwards. */
export function Dialog({ isOpen, title, description, onClose, isSticky = false, className, children }: DialogProps) {
  const opener = useOpener(isOpen);
  return (
    <Base.Root open={isOpen} onOpenChange={(open) => !open && onClose()} disablePointerDismissal={isSticky}>
      <Base.Portal>
        {/* Also over a dialog that this one belongs to: it comes later than that, and before its own content. */}
        <Base.Backdrop
          forceRender
          className="fixed inset-0 z-50 bg-[var(--backdrop)] transition-opacity duration-150 data-[ending-style]:opacity-0 data-[starting-style]:opacity-0"
        />
        <Base.Popup
          finalFocus={() => (opener?.isConnected ? opener : (document.getElementById('main') ?? true))}
          className={classNames(
            'fixed top-1/2 left-1/2 z-50 max-h-[90dvh] w-[min(32rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 overflow-y-auto rounded-2xl border border-line bg-surface p-6 shadow-float',
            'transition duration-150 data-[ending-style]:scale-97 data-[ending-style]:opacity-0 data-[starting-style]:scale-97 data-[starting-style]:opacity-0',
            className,
          )}
        >
          <div className="mb-4 flex items-start justify-between gap-4">
            <div className="min-w-0">
              <Base.Title className="text-lg font-semibold wrap-anywhere">{title}</Base.Title>
              {description && <Base.Description className="mt-1 text-sm text-ink-2">{description}</Base.Description>}
            </div>
            <Base.Close render={<IconButton label="Close" className="-mt-1 -mr-2" />}>
              <X aria-hidden />
            </Base.Close>
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/**
 * The element that had the focus when the dialog opened. The library cannot see it if a field inside takes the focus on
 * mount.
 */
function useOpener(isOpen: boolean): HTMLElement | null {
  const [seen, setSeen] = useState({ isOpen: false, opener: null as HTMLElement | null });
  if (seen.isOpen !== isOpen) setSeen({ isOpen, opener: isOpen ? focusedElement() : seen.opener });
  return seen.opener;
}

function focusedElement(): HTMLElement | null {
  return document.activeElement instanceof HTMLElement ? document.activeElement : null;
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="mt-6 flex flex-wrap justify-end gap-2">{children}</div>;
}
