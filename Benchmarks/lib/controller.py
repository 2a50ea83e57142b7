"""Runs a terminator on a fast server, and says what it costs: as lines for `value` of measure.sh.

usage: controller.py PROGRAM idle PODS [--unmarked]     memory once it is quiet, CPU and wall time until it is ready
       controller.py PROGRAM burst PODS COUNT SECONDS [--cold] [--tls] [--round-trip=MS --delay-proxy=PROGRAM]
                                                        from main's end to the request, at the server and in its metric;
                                                        --cold: no rehearsal is remembered, on any of the 500 nodes
       controller.py PROGRAM churn PODS COUNT           memory while COUNT more pods come and go, a hundredth of them ended
"""
import json, os, pathlib, re, subprocess, sys, tempfile, time, urllib.request

program, mode, pods, *rest = sys.argv[1:]
flags = [word for word in rest if word.startswith('--') and word != '--cold']
numbers = [word for word in rest if not word.startswith('--')]
folder = pathlib.Path(tempfile.mkdtemp(prefix='kpipe-controller.'))
server_log, log = open(folder / 'server.log', 'w'), open(folder / 'terminator.log', 'w')
server = subprocess.Popen([str(pathlib.Path(__file__).parent / 'ending-cluster'), pods, str(folder), *flags],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=server_log, text=True)


def until(condition, seconds, pause=0.01):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline or server.poll() is not None:
            sys.exit(f'no answer; see {folder}')
        time.sleep(pause)
    return found


def field(path, name):
    return int(re.search(rf'^{name}:\s+(\d+)', pathlib.Path(path).read_text(), re.M)[1])


def cpu(pid):
    fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def alone(*pids):
    """Other work on the machine shall not show in times of milliseconds: real-time priority, for the few seconds."""
    for pid in pids:
        alone(*map(int, pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text().split()))
        for thread in os.listdir(f'/proc/{pid}/task'):
            try:
                os.sched_setscheduler(int(thread), os.SCHED_RR, os.sched_param(1))
            except PermissionError:
                return


def get(path):
    try:
        with urllib.request.urlopen(f'http://127.0.0.1:{port}{path}', timeout=10) as answer:
            return answer.read().decode().strip()
    except OSError:
        return ''


def ask(*words):
    """What the server has to say of a command, once it is done."""
    print(*words, file=server.stdin, flush=True)
    return json.loads(server.stdout.readline())


def private_memory():
    """KiB, once what the last event took is given back."""
    time.sleep(8)
    return field(f'/proc/{controller.pid}/smaps_rollup', 'Private_Dirty')


def quantile(metrics, name, share, before):
    """The bound of the histogram's bucket in which that share of all is that came since, and how many they are."""
    def counts(text):
        return [(float(bound), float(count)) for bound, count in
                re.findall(rf'^{name}_bucket{{.*?le="([^"]+)".*?}} (\S+)$', text, re.M)]
    earlier = dict(counts(before))
    buckets = [(bound, count - earlier.get(bound, 0)) for bound, count in counts(metrics)]
    total = buckets[-1][1] if buckets else 0
    return next((bound for bound, count in buckets if count >= share * total), None), int(total)


until(lambda: (folder / 'kubeconfig').exists(), 300, 0.1)
port = subprocess.run([sys.executable, 'scripts/lib/free-ports.py', '1'], capture_output=True, text=True).stdout.split()[0]
start = time.monotonic()
controller = subprocess.Popen([program, 'terminator', '--kubeconfig', folder / 'kubeconfig', '--port', port, '--exit-image',
                               'registry.example/exit:1', '--log-level', 'warning'], stdout=log, stderr=log)
try:
    until(lambda: get('/readyz') == 'ok', 120)
    ready, ready_cpu = time.monotonic() - start, cpu(controller.pid)
    private = private_memory()
    if mode == 'idle':
        status = f'/proc/{controller.pid}/status'
        print(f'ready\tms\t{ready * 1000:.0f}')
        print(f'CPU until ready\tms\t{ready_cpu * 1000:.0f}')
        print(f'resident\tKiB\t{field(status, "VmRSS")}')
        print(f'peak\tKiB\t{field(status, "VmHWM")}')
        print(f'private memory\tKiB\t{private}')
    elif mode == 'churn':
        # Ten rounds: what the first takes is room that the others use again.
        first, count = int(pods), int(numbers[0]) // 10
        for round in range(10):
            said = ask('come', first + round * count, count)
            if said['concluded'] < said['ended']:
                sys.exit(f'{said}; see {folder}')
            if round in (0, 9):
                print(f'private memory after {count * (round + 1)}\tKiB\t{private_memory()}')
        print(f'peak\tKiB\t{field(f"/proc/{controller.pid}/status", "VmHWM")}')
        print(f'CPU of each\tus\t{(cpu(controller.pid) - ready_cpu) * 1e6 / (10 * count):.0f}')
    else:
        alone(server.pid, controller.pid)
        if '--cold' not in rest:
            # One pod on each node, so that the others' swaps need no rehearsal of their own.
            ask('end', 0, 500, 2)
            time.sleep(3)
        before, known = cpu(controller.pid), get('/metrics')
        said = ask('end', 500, numbers[0], numbers[1])
        metrics = get('/metrics')
        bound, total = quantile(metrics, 'kpipe_terminator_request_seconds', .99, known)
        print(f'told within\ts\t{said["told_s"]}')
        print(f'requested\tpods\t{said["requested"]}')
        print(f'concluded\tpods\t{said["concluded"]}')
        print(f'p50 at the server\tms\t{said["p50_ms"]}')
        print(f'p99 at the server\tms\t{said["p99_ms"]}')
        print(f'longest at the server\tms\t{said["max_ms"]}')
        print(f'p99 in its own metric, at most\tms\t{bound * 1000 if bound else -1:g}')
        print(f'counted in its own metric\tpods\t{total}')
        print(f'requests\ttimes\t{said["requests"]}')
        print(f'CPU\tms\t{(cpu(controller.pid) - before) * 1000:.0f}')
        print(f'CPU of the server\tms\t{said["server_cpu_s"] * 1000:.0f}')
        print(f'peak\tKiB\t{field(f"/proc/{controller.pid}/status", "VmHWM")}')
finally:
    controller.terminate()
    server.stdin.close()
    controller.wait(30)
    server.wait(30)
