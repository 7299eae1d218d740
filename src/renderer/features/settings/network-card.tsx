import { useState } from 'react';
import type { NetworkView } from '#shared/contract/network.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { Notice } from '../../components/notice.tsx';
import { InlineProblem, Problem } from '../../components/problem.tsx';
import { draftOf, ProxyFields, proxyOf } from '../../components/proxy-fields.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { showToast } from '../../components/toast.ts';
import { plural } from '../../lib/format-number.ts';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';

/** Proxy and certificate authorities for everything that Corvus calls. */
export function NetworkCard() {
  const network = useCorvusQuery('network.get', undefined, { refreshOn: ['network.changed'] });
  return (
    <Card title="Network">
      {network.isPending && <Skeleton className="h-40" />}
      {network.error && <Problem error={network.error} onRetry={() => void network.refetch()} />}
      {network.data && <NetworkForm key={JSON.stringify(network.data)} network={network.data} />}
    </Card>
  );
}

function NetworkForm({ network }: { network: NetworkView }) {
  const [draft, setDraft] = useState(draftOf(network.proxy));
  const [caFile, setCaFile] = useState(network.caFile ?? '');
  const set = useCorvusCommand('network.set');
  const hasLogin = network.proxy.use === 'proxy' && network.proxy.hasLogin;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(submission) => {
        submission.preventDefault();
        set.mutate(
          { proxy: proxyOf(draft), caFile: caFile.trim() === '' ? null : caFile.trim() },
          { onSuccess: () => showToast({ tone: 'good', title: 'Network settings stored' }) },
        );
      }}
    >
      {network.problem && (
        <Notice level="warning" title="The network settings are incomplete">
          {network.problem}
        </Notice>
      )}
      <ProxyFields draft={draft} onDraft={setDraft} hasLogin={hasLogin} usual="As the environment says" />
      {draft.use === 'environment' && <Variables variables={network.variables} />}
      <Field
        label="File of certificate authorities"
        hint={`PEM file with the authority of your network. ${trustWords(network.authorities)}`}
      >
        {(ids) => (
          <TextInput
            {...ids}
            placeholder="/etc/ssl/company.pem"
            maxLength={4096}
            value={caFile}
            onChange={(change) => setCaFile(change.target.value)}
          />
        )}
      </Field>
      <InlineProblem error={set.error} />
      <Button type="submit" className="self-start" isBusy={set.isPending}>
        Save network
      </Button>
    </form>
  );
}

function Variables({ variables }: { variables: NetworkView['variables'] }) {
  if (variables.length === 0)
    return <p className="text-sm text-ink-2">No proxy is set: HTTPS_PROXY, HTTP_PROXY and ALL_PROXY are empty.</p>;
  return (
    <dl className="grid grid-cols-[minmax(0,1fr)] gap-x-4 gap-y-1 text-sm break-words sm:grid-cols-[8rem_minmax(0,1fr)]">
      {variables.map(({ name, value }) => (
        <div key={name} className="contents">
          <dt className="font-mono text-ink-2">{name}</dt>
          <dd className="break-all">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function trustWords({ file, fromEnvironment, fromSystem }: NetworkView['authorities']): string {
  const parts = [
    ...(file === null ? [] : [`${file} of this file`]),
    ...(fromEnvironment === 0 ? [] : [`${fromEnvironment} of NODE_EXTRA_CA_CERTS`]),
    `${plural(fromSystem, 'certificate')} of this machine`,
  ];
  return `Trusted besides the usual ones: ${parts.join(', ')}.`;
}
