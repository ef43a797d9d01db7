import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderProfile } from '../../src/report/index.ts';
import type { Profile } from '../../src/verify/index.ts';

const profile: Profile = {
  rights: { hardened: true, readOnly: true, tmpfs: ['/tmp', '/srv/a b'], owner: { uid: 5, gid: 6 } },
  mounts: ['/tmp:mode=1777,uid=5,gid=6', '/srv/a b:mode=1777,uid=5,gid=6'],
  uid: 5,
  gid: 6,
  ports: ['22/tcp', '53/udp', '8080/tcp'],
  volumes: ['/data'],
  variables: [],
  written: [],
  proof: 'it keeps running',
  relaxed: [],
};

test('a pod has what the restricted standard asks for, its protocols, and its ports without a capability', async () => {
  expect(parse(await renderProfile(profile, 'kubernetes', 'app:1'))).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app' },
    spec: {
      securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] },
      containers: [
        {
          name: 'app',
          image: 'app:1',
          ports: [{ containerPort: 22 }, { containerPort: 53, protocol: 'UDP' }, { containerPort: 8080 }],
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 5,
            runAsGroup: 6,
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            seccompProfile: { type: 'RuntimeDefault' },
          },
          volumeMounts: [
            { name: 'writable-1', mountPath: '/tmp' },
            { name: 'writable-2', mountPath: '/srv/a b' },
            { name: 'writable-3', mountPath: '/data' },
          ],
        },
      ],
      volumes: [1, 2, 3].map((number) => ({ name: `writable-${number}`, emptyDir: {} })),
    },
  });
});

test('a pod whose ports are free, or which keeps its capabilities, changes no setting of the kernel', async () => {
  const high = await renderProfile({ ...profile, ports: ['8080/tcp'] }, 'kubernetes', 'app:1');
  const loose = { ...profile, rights: { ...profile.rights, hardened: false } };
  for (const text of [high, await renderProfile(loose, 'kubernetes', 'app:1')]) expect(text).not.toContain('sysctls');
});

test.each(['1.1', '1.2'] as const)('ports are texts to readers of YAML %s', async (version) => {
  const { services } = parse(await renderProfile(profile, 'compose', 'app:1'), { version });
  expect(services.app.ports).toEqual(['22:22', '53:53/udp', '8080:8080']);
  expect(services.app.tmpfs).toEqual(profile.mounts);
  expect(services.app.security_opt).toEqual(['no-new-privileges:true']);
});

test('the words of docker run are those of a shell', async () => {
  const text = await renderProfile(profile, 'docker', 'app:1');
  expect(text).toContain("  --tmpfs '/srv/a b:mode=1777,uid=5,gid=6' \\\n");
  expect(text).toContain('  -p 22:22 \\\n  -p 53:53/udp \\\n');
  expect(text.endsWith('  app:1\n')).toBe(true);
});
