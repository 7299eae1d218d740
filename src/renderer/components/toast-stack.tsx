import { Toast } from '@base-ui/react/toast';
import { CircleAlert, CircleCheck, Info, X } from 'lucide-react';
import { useEffect } from 'react';
import { classNames } from '../lib/class-names.ts';
import { IconButton } from './button.tsx';
import { takeToasts, type ToastTone, useToasts } from './toast.ts';

const manager = Toast.createToastManager<{ tone: ToastTone }>();

const icons = { good: CircleCheck, bad: CircleAlert, neutral: Info } as const;
const colours = { good: 'text-good', bad: 'text-bad', neutral: 'text-ink-3' } as const;

/** Shows pending and new toasts. */
export function ToastStack() {
  const waiting = useToasts();
  useEffect(() => {
    for (const { tone, title, text } of takeToasts()) {
      manager.add({
        title,
        ...(text ? { description: text } : {}),
        data: { tone },
        timeout: tone === 'bad' ? 10_000 : 5_000,
      });
    }
  }, [waiting]);
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-60 flex w-[min(22rem,calc(100vw-2rem))] flex-col gap-2">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts } = Toast.useToastManager<{ tone: ToastTone }>();
  return toasts.map((toast) => {
    const tone = toast.data?.tone ?? 'neutral';
    const Icon = icons[tone];
    return (
      <Toast.Root
        key={toast.id}
        toast={toast}
        // A notice, not a question: nothing that asks for an answer may look like this to a screen reader.
        role="group"
        aria-modal={undefined}
        className="rounded-xl border border-line bg-surface p-3.5 shadow-float transition duration-200 data-[ending-style]:opacity-0 data-[limited]:hidden data-[starting-style]:translate-y-2 data-[starting-style]:opacity-0"
      >
        <Toast.Content className="flex items-start gap-3">
          <Icon aria-hidden className={classNames('mt-0.5 size-4.5 shrink-0', colours[tone])} />
          <div className="min-w-0 flex-1 text-sm">
            <Toast.Title render={<p />} className="font-medium wrap-anywhere" />
            <Toast.Description className="break-words text-ink-2" />
          </div>
          <IconButton label="Dismiss" onClick={() => manager.close(toast.id)} className="-my-1 -mr-1">
            <X aria-hidden />
          </IconButton>
        </Toast.Content>
      </Toast.Root>
    );
  });
}
