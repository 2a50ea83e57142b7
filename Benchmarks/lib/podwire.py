"""Job pods in Kubernetes' protobuf, as a server holds them: two containers, 5 KB each. For servers of benchmarks."""
import struct

VERSION = 2_000_000


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def mapping(number, entries):
    return b''.join(field(number, field(1, k) + field(2, v)) for k, v in entries.items())


def time(seconds=1795251600):
    return field(1, seconds) + field(2, 0)


def container(name, image, env, command=()):
    return (field(1, name) + field(2, image) + b''.join(field(3, c) for c in command)
            + b''.join(field(7, field(1, k) + field(2, v)) for k, v in env)
            + field(8, mapping(1, {'memory': field(1, '2Gi')}) + mapping(2, {'cpu': field(1, '500m')}))
            + field(9, field(1, 'workdir') + field(2, 0) + field(3, '/workdir'))
            + field(13, '/dev/termination-log') + field(14, 'IfNotPresent') + field(20, 'File'))


def status(name, image, i, ended=None):
    """ended: when it ended, with 0; None: it runs."""
    state = field(2, field(1, time())) if ended is None else field(
        3, field(1, 0) + field(2, 0) + field(3, 'Completed') + field(4, '') + field(5, time()) + field(6, time(ended))
        + field(7, f'containerd://{i * 31:064x}'))
    return (field(1, name) + field(2, state) + field(3, b'') + field(4, int(ended is None)) + field(5, 0)
            + field(6, image) + field(7, f'{image}@sha256:{i * 7:064x}') + field(8, f'containerd://{i * 31:064x}')
            + field(9, 1))


def managed(manager, i):
    fields = '{"f:metadata":{"f:annotations":{".":{},"f:cluster-autoscaler.kubernetes.io/safe-to-evict":{}},' + \
        ','.join(f'"f:field-{k}-{i}":{{".":{{}},"f:name":{{}},"f:value":{{}}}}' for k in range(24)) + '}}'
    return field(17, field(1, manager) + field(2, 'Update') + field(3, 'v1') + field(4, time()) + field(6, 'FieldsV1')
                 + field(7, field(1, fields)))


def name(i):
    return f'step-{i:06d}-x7k2p'


def uid(i):
    return f'{i:08x}-2e93-4556-{i % 65536:04x}-59d3{i * 2654435761 % 2**32:08x}'


def helper(name, image):
    """An ephemeral container, and its status once it has ended with 0."""
    return (field(34, field(1, field(1, name) + field(2, image))),
            field(13, field(1, name) + field(2, field(3, field(1, 0) + field(3, 'Completed'))) + field(6, image)))


def pod(i, marked=True, version=None, ended=None, sidecar_ended=None, image=None, annotations={}, helpers=()):
    """The pod of step i. ended, sidecar_ended: when; image: what the sidecar was swapped to; helpers: what has run beside it,
    by name and image."""
    helpers = [helper(*one) for one in helpers]
    env = [(f'SETTING_{k}', f'value-{k}-{i}') for k in range(12)]
    marker = [('KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT', 'true')] if marked else []
    shipper = 'registry.example/log-shipper:2.1'
    metadata = (field(1, name(i)) + field(2, f'step-{i:06d}-') + field(3, 'load') + field(4, '')
                + field(5, uid(i)) + field(6, str(version or 1000 + i)) + field(7, 1) + field(8, time())
                + mapping(11, {'app.kubernetes.io/name': 'PipelineJob', 'app.kubernetes.io/instance': f'step-{i}',
                               'batch.kubernetes.io/job-name': f'step-{i}', 'job-name': f'step-{i}'})
                + mapping(12, {'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
                               'pipeline.example/step': 'transform', **annotations})
                + field(13, field(1, 'Job') + field(3, f'step-{i}') + field(4, f'{i:08x}-job') + field(5, 'batch/v1')
                        + field(6, 1) + field(7, 1))
                + field(14, 'batch.kubernetes.io/job-tracking')
                + managed('kube-controller-manager', i) + managed('kubelet', i))
    spec = (field(1, field(1, 'workdir') + field(2, field(2, b'')))
            + field(2, container('main', f'registry.example/team/step:{i % 40}', env, ['/app/run', '--step', str(i)]))
            + field(2, container('log-shipper', image or shipper, marker + env[:6]))
            + field(3, 'Never') + field(4, 30) + field(6, 'ClusterFirst') + field(10, f'node-{i % 500}')
            + field(19, 'default-scheduler') + b''.join(spec for spec, _ in helpers))
    conditions = ('PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled')
    phase = 'Running' if sidecar_ended is None else 'Succeeded'
    state = (field(1, phase) + b''.join(
        field(2, field(1, c) + field(2, 'True') + field(3, b'') + field(4, time()) + field(5, '') + field(6, ''))
        for c in conditions) + field(5, '10.0.0.1') + field(6, f'10.244.{i // 250 % 250}.{i % 250}') + field(7, time())
        + field(8, status('main', 'registry.example/x:1', i, ended))
        + field(8, status('log-shipper', image or shipper, i, sidecar_ended)) + field(9, 'Burstable')
        + b''.join(status for _, status in helpers))
    return field(1, metadata) + field(2, spec) + field(3, state)


def envelope(kind, message):
    return b'k8s\0' + field(1, field(1, 'v1') + field(2, kind)) + field(2, message) + field(3, '') + field(4, '')


def event(type, message, kind='Pod'):
    body = field(1, type) + field(2, field(1, envelope(kind, message)))
    return struct.pack('>I', len(body)) + body


# What follows the objects of a streamed list.
END = event('BOOKMARK', field(1, field(6, str(VERSION)) + mapping(12, {'k8s.io/initial-events-end': 'true'})))
