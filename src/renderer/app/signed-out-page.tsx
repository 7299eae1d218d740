import { BrandMark } from '../components/brand-mark.tsx';
import { CopyableValue } from '../components/code-block.tsx';
import { ToastHost } from '../components/toast-host.tsx';

/** Shown to a browser without a valid session. */
export function SignedOutPage() {
  return (
    <main className="flex h-full items-center justify-center p-6">
      <title>Sign in · Corvus</title>
      <div className="w-full max-w-md rounded-2xl border border-line bg-surface p-8 shadow-card">
        <BrandMark className="mb-5 size-11 text-accent" />
        <h1 className="text-xl font-semibold">Open a new sign-in link</h1>
        <p className="mt-2 text-ink-2">
          Sign-in links work once, and a sign-in lasts 30 days. Run this command in a terminal, then open the link it
          prints:
        </p>
        <div className="mt-4">
          <CopyableValue label="command" value="corvusllm dashboard" />
        </div>
        <p className="mt-4 text-sm text-ink-3">Your tools are not affected: they keep using their own keys.</p>
      </div>
      <ToastHost />
    </main>
  );
}
