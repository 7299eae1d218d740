import type { NewProxy, ProxySetting } from '#shared/domain/network.ts';
import { Field, TextInput } from './field.tsx';
import { Select } from './select.tsx';

/** The unsaved input about a proxy. */
export interface ProxyDraft {
  use: ProxySetting['use'];
  url: string;
  noProxy: string;
}

export function draftOf(setting: ProxySetting): ProxyDraft {
  return setting.use === 'proxy'
    ? { use: 'proxy', url: setting.url, noProxy: setting.noProxy }
    : { use: setting.use, url: '', noProxy: '' };
}

export function proxyOf({ use, url, noProxy }: ProxyDraft): NewProxy {
  return use === 'proxy' ? { use, url: url.trim(), noProxy: noProxy.trim() } : { use };
}

interface ProxyFieldsProps {
  draft: ProxyDraft;
  onDraft: (draft: ProxyDraft) => void;
  /** A login is stored for the address that is shown. */
  hasLogin: boolean;
  /** The label of the first choice. */
  usual: string;
}

/** Chooses between the environment's proxy, no proxy, and this one. */
export function ProxyFields({ draft, onDraft, hasLogin, usual }: ProxyFieldsProps) {
  const login = hasLogin
    ? 'A login is stored for this address. To replace it, enter http://user:password@host:port.'
    : 'With a login: http://user:password@host:port. SOCKS: socks5://host:port.';
  return (
    <div className="flex flex-col gap-4">
      <Field label="Proxy">
        {(ids) => (
          <Select
            {...ids}
            value={draft.use}
            options={[
              { value: 'environment', label: usual },
              { value: 'none', label: 'No proxy' },
              { value: 'proxy', label: 'This proxy' },
            ]}
            onValue={(use) => onDraft({ ...draft, use: use === 'proxy' || use === 'none' ? use : 'environment' })}
          />
        )}
      </Field>
      {draft.use === 'proxy' && (
        <>
          <Field label="Address of the proxy" hint={login}>
            {(ids) => (
              <TextInput
                {...ids}
                placeholder="http://proxy.example.com:3128"
                maxLength={2048}
                value={draft.url}
                onChange={(change) => onDraft({ ...draft, url: change.target.value })}
              />
            )}
          </Field>
          <Field
            label="Reached without it"
            hint="Names, addresses or networks with commas between, as in NO_PROXY. This machine always is."
          >
            {(ids) => (
              <TextInput
                {...ids}
                placeholder=".example.com, 10.0.0.0/8"
                maxLength={4096}
                value={draft.noProxy}
                onChange={(change) => onDraft({ ...draft, noProxy: change.target.value })}
              />
            )}
          </Field>
        </>
      )}
    </div>
  );
}
