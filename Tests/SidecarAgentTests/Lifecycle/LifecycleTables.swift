/// What the machine answers. `defers` means: kept until `ready` is published.
enum LifecycleTables {
    /// A native sidecar that does not know main's restart policy.
    static let base = """
        pending
          ignores: rebooted, inputs-ready, inputs-failed, gone-1, gone-2, stored, outputs-failed, status-overdue, store-latest, \
        deadline
          defers: started, state-new, state-same, try-1, try-2, try-3, done-old, done-1, done-2, done-empty, \
        status-running, status-not-started, status-0, status-3, status-oom
          start: initializing | PENDING>INITIALIZING | fetch
          terminate: leaving(Cancelled) | grace | PENDING>KILLED(Cancelled)! | failed 0 Cancelled | exit
        initializing
          ignores: rebooted, gone-1, gone-2, stored, outputs-failed, status-overdue, store-latest, deadline
          defers: started, state-new, state-same, try-1, try-2, try-3, done-old, done-1, done-2, done-empty, \
        status-running, status-not-started, status-0, status-3, status-oom
          start: initializing | fetch
          inputs-ready: ready | ready
          inputs-failed: settled(OutputFailed) | INITIALIZING>ERROR(OutputFailed)! | failed 0 OutputFailed
          terminate: leaving(Cancelled) | grace | cancel fetch | INITIALIZING>KILLED(Cancelled)! | failed 0 \
        Cancelled | exit
        ready
          ignores: rebooted, inputs-ready, gone-1, gone-2, status-not-started, stored, outputs-failed, status-overdue, \
        store-latest, deadline
          start: ready | ready | continuous
          inputs-failed: settled(OutputFailed) | INITIALIZING>ERROR(OutputFailed)! | failed 0 OutputFailed
          started: started | INITIALIZING>STARTED | continuous
          state-new: running | INITIALIZING>STARTED | continuous | STARTED>half
          state-same: running | INITIALIZING>STARTED | continuous | STARTED>RUNNING
          try-1: started | INITIALIZING>STARTED | continuous
          try-2: started | INITIALIZING>STARTED | continuous
          try-3: started | INITIALIZING>STARTED | continuous
          done-old: storing(ok) | INITIALIZING>STARTED | continuous | STARTED>TERMINATING | store 1 ok
          done-1: storing(ok) | INITIALIZING>STARTED | continuous | STARTED>TERMINATING | store 1 ok
          done-2: storing(ok) | INITIALIZING>STARTED | continuous | STARTED>TERMINATING | store 2 ok
          done-empty: storing(ok) | INITIALIZING>STARTED | continuous | STARTED>TERMINATING | store 0 ok
          status-running: started | INITIALIZING>STARTED | continuous
          status-0: storing(ok) | INITIALIZING>STARTED | continuous | STARTED>TERMINATING | store 0 ok
          status-3: retry(Error) | INITIALIZING>STARTED | continuous | stored 0
          status-oom: storing(OOMKilled) | INITIALIZING>STARTED | continuous | STARTED>TERMINATING | store 0 \
        OOMKilled
          terminate: storing(MainNotSeen) | grace | INITIALIZING>TERMINATING | store 0 MainNotSeen
        started
          ignores: inputs-ready, inputs-failed, started, try-1, try-2, try-3, done-old, done-1, gone-1, \
        status-running, status-not-started, stored, outputs-failed, status-overdue, store-latest, deadline
          start: started | ready | continuous
          rebooted: retry(NodeRebooted) | stored 2
          state-new: running | RUNNING>half
          state-same: running
          done-2: storing(ok) | RUNNING>TERMINATING | store 2 ok
          done-empty: storing(ok) | RUNNING>TERMINATING | store 2 ok
          gone-2: retry(MainGone) | stored 2
          status-0: storing(ok) | RUNNING>TERMINATING | store 2 ok
          status-3: retry(Error) | stored 2
          status-oom: storing(OOMKilled) | RUNNING>TERMINATING | store 2 OOMKilled
          terminate: storing(MainGone) | grace | RUNNING>TERMINATING | store 2 MainGone
        running
          ignores: inputs-ready, inputs-failed, started, state-same, try-1, try-2, done-old, done-1, gone-1, \
        status-running, status-not-started, stored, outputs-failed, status-overdue, store-latest, deadline
          start: running | ready | continuous
          rebooted: retry(NodeRebooted) | stored 2
          state-new: running | RUNNING>half
          try-3: started
          done-2: storing(ok) | RUNNING>TERMINATING | store 2 ok
          done-empty: storing(ok) | RUNNING>TERMINATING | store 2 ok
          gone-2: retry(MainGone) | stored 2
          status-0: storing(ok) | RUNNING>TERMINATING | store 2 ok
          status-3: retry(Error) | stored 2
          status-oom: storing(OOMKilled) | RUNNING>TERMINATING | store 2 OOMKilled
          terminate: storing(MainGone) | grace | RUNNING>TERMINATING | store 2 MainGone
        retry
          ignores: rebooted, inputs-ready, inputs-failed, started, state-same, try-1, try-2, done-old, done-1, \
        done-2, gone-1, gone-2, status-running, status-not-started, status-3, stored, outputs-failed, status-overdue, store-latest, deadline
          start: retry(Error) | ready | continuous | stored 2
          state-new: retry(Error) | RUNNING>half
          try-3: started
          done-empty: storing(ok) | RUNNING>TERMINATING | store 2 ok
          status-0: storing(ok) | RUNNING>TERMINATING | store 2 ok
          status-oom: storing(OOMKilled) | RUNNING>TERMINATING | store 2 OOMKilled
          terminate: storing(Error) | grace | RUNNING>TERMINATING | store 2 Error
        storing-ok
          ignores: rebooted, inputs-ready, inputs-failed, started, state-new, state-same, try-1, try-2, try-3, \
        done-old, done-1, done-2, done-empty, gone-1, gone-2, status-running, status-not-started, status-0, status-3, \
        status-oom, \
        status-overdue, store-latest, deadline
          start: storing(ok) | store 2 ok
          stored: settled(ok) | TERMINATING>DONE! | stored 2
          outputs-failed: settled(OutputFailed) | TERMINATING>ERROR(OutputFailed)! | failed 2 OutputFailed
          terminate: storing(ok) | grace
        storing-failed
          ignores: rebooted, inputs-ready, inputs-failed, started, state-new, state-same, try-1, try-2, try-3, \
        done-old, done-1, done-2, done-empty, gone-1, gone-2, status-running, status-not-started, status-0, status-3, \
        status-oom, \
        status-overdue, store-latest, deadline
          start: storing(Error) | store 2 Error
          stored: settled(Error) | TERMINATING>ERROR(Error)! | stored 2
          outputs-failed: settled(Error) | TERMINATING>ERROR(Error)! | failed 2 OutputFailed
          terminate: storing(Error) | grace
        settled-ok
          ignores: rebooted, inputs-ready, inputs-failed, started, state-new, state-same, try-1, try-2, done-old, \
        done-1, done-2, done-empty, gone-1, gone-2, status-running, status-not-started, status-0, status-3, \
        status-oom, stored, \
        outputs-failed, status-overdue, store-latest, deadline
          start: settled(ok) | stored 2
          try-3: settled(ok) | stored 3
          terminate: leaving(ok) | grace | exit
        settled-failed
          ignores: rebooted, inputs-ready, inputs-failed, started, state-new, state-same, try-1, try-2, done-old, \
        done-1, done-2, done-empty, gone-1, gone-2, status-running, status-not-started, status-0, status-3, \
        status-oom, stored, \
        outputs-failed, status-overdue, store-latest, deadline
          start: settled(Error) | stored 2
          try-3: settled(Error) | stored 3
          terminate: leaving(Error) | grace | exit
        leaving
          ignores: rebooted, inputs-ready, inputs-failed, started, state-new, state-same, try-1, try-2, try-3, \
        done-old, done-1, done-2, done-empty, gone-1, gone-2, status-running, status-not-started, status-0, status-3, \
        status-oom, \
        stored, outputs-failed, terminate, status-overdue, store-latest, deadline
          start: settled(ok) | stored 2
        """

    /// `restartPolicy: Never`: a failed try is the end. Like all that follow, only what differs from `base`.
    static let never = """
        ready
          status-3: storing(Error) | INITIALIZING>STARTED | continuous | STARTED>TERMINATING | store 0 Error
        started
          rebooted: storing(NodeRebooted) | RUNNING>TERMINATING | store 2 NodeRebooted
          gone-2: storing(MainGone) | RUNNING>TERMINATING | store 2 MainGone
          status-3: storing(Error) | RUNNING>TERMINATING | store 2 Error
        running
          rebooted: storing(NodeRebooted) | RUNNING>TERMINATING | store 2 NodeRebooted
          gone-2: storing(MainGone) | RUNNING>TERMINATING | store 2 MainGone
          status-3: storing(Error) | RUNNING>TERMINATING | store 2 Error
        """

    /// `restartPolicy: OnFailure`: lost outputs give main another try.
    static let onFailure = """
        storing-ok
          outputs-failed: retry(OutputFailed) | failed 2 OutputFailed
        """

    /// SIGTERM has come already.
    static let terminating = """
        pending
          terminate: pending
        initializing
          inputs-failed: leaving(OutputFailed) | INITIALIZING>ERROR(OutputFailed)! | failed 0 OutputFailed | exit
          terminate: initializing
        ready
          inputs-failed: leaving(OutputFailed) | INITIALIZING>ERROR(OutputFailed)! | failed 0 OutputFailed | exit
          status-3: storing(Error) | INITIALIZING>STARTED | continuous | STARTED>TERMINATING | store 0 Error
          terminate: ready
          status-overdue: storing(MainNotSeen) | INITIALIZING>TERMINATING | store 0 MainNotSeen
          store-latest: storing(MainNotSeen) | INITIALIZING>TERMINATING | store 0 MainNotSeen
          deadline: leaving(MainNotSeen) | INITIALIZING>KILLED(MainNotSeen)! | failed 0 MainNotSeen | exit
        started
          rebooted: storing(NodeRebooted) | RUNNING>TERMINATING | store 2 NodeRebooted
          gone-2: storing(MainGone) | RUNNING>TERMINATING | store 2 MainGone
          status-3: storing(Error) | RUNNING>TERMINATING | store 2 Error
          terminate: started
          status-overdue: storing(MainGone) | RUNNING>TERMINATING | store 2 MainGone
          store-latest: storing(DeadlineExceeded) | RUNNING>TERMINATING | store 2 DeadlineExceeded
          deadline: leaving(DeadlineExceeded) | RUNNING>KILLED(DeadlineExceeded)! | failed 2 DeadlineExceeded | exit
        running
          rebooted: storing(NodeRebooted) | RUNNING>TERMINATING | store 2 NodeRebooted
          gone-2: storing(MainGone) | RUNNING>TERMINATING | store 2 MainGone
          status-3: storing(Error) | RUNNING>TERMINATING | store 2 Error
          terminate: running
          status-overdue: storing(MainGone) | RUNNING>TERMINATING | store 2 MainGone
          store-latest: storing(DeadlineExceeded) | RUNNING>TERMINATING | store 2 DeadlineExceeded
          deadline: leaving(DeadlineExceeded) | RUNNING>KILLED(DeadlineExceeded)! | failed 2 DeadlineExceeded | exit
        retry
          terminate: retry(Error)
        storing-ok
          stored: leaving(ok) | TERMINATING>DONE! | stored 2 | exit
          outputs-failed: leaving(OutputFailed) | TERMINATING>ERROR(OutputFailed)! | failed 2 OutputFailed | exit
          terminate: storing(ok)
          deadline: storing(ok) | cancel store
        storing-failed
          stored: leaving(Error) | TERMINATING>ERROR(Error)! | stored 2 | exit
          outputs-failed: leaving(Error) | TERMINATING>ERROR(Error)! | failed 2 OutputFailed | exit
          terminate: storing(Error)
          deadline: storing(Error) | cancel store
        settled-ok
          start: leaving(ok) | stored 2 | exit
          terminate: settled(ok)
        settled-failed
          start: leaving(Error) | stored 2 | exit
          terminate: settled(Error)
        leaving
          start: leaving(ok) | stored 2 | exit
        """

    /// The API server tells of main: after SIGTERM it is waited for, where main has not said how it ended.
    static let hearing = """
        ready
          terminate: ready | grace
        started
          terminate: started | grace
        running
          terminate: running | grace
        """

    /// An ordinary container beside main: SIGTERM says nothing about main, and the agent leaves by itself.
    static let legacy = """
        initializing
          inputs-failed: leaving(OutputFailed) | INITIALIZING>ERROR(OutputFailed)! | failed 0 OutputFailed | exit
        ready
          inputs-failed: leaving(OutputFailed) | INITIALIZING>ERROR(OutputFailed)! | failed 0 OutputFailed | exit
          status-3: storing(Error) | INITIALIZING>STARTED | continuous | STARTED>TERMINATING | store 0 Error
          terminate: ready | grace
        started
          rebooted: storing(NodeRebooted) | RUNNING>TERMINATING | store 2 NodeRebooted
          gone-2: storing(MainGone) | RUNNING>TERMINATING | store 2 MainGone
          status-3: storing(Error) | RUNNING>TERMINATING | store 2 Error
          terminate: started | grace
        running
          rebooted: storing(NodeRebooted) | RUNNING>TERMINATING | store 2 NodeRebooted
          gone-2: storing(MainGone) | RUNNING>TERMINATING | store 2 MainGone
          status-3: storing(Error) | RUNNING>TERMINATING | store 2 Error
          terminate: running | grace
        storing-ok
          stored: leaving(ok) | TERMINATING>DONE! | stored 2 | exit
          outputs-failed: leaving(OutputFailed) | TERMINATING>ERROR(OutputFailed)! | failed 2 OutputFailed | exit
        storing-failed
          stored: leaving(Error) | TERMINATING>ERROR(Error)! | stored 2 | exit
          outputs-failed: leaving(Error) | TERMINATING>ERROR(Error)! | failed 2 OutputFailed | exit
        settled-ok
          start: leaving(ok) | stored 2 | exit
        settled-failed
          start: leaving(Error) | stored 2 | exit
        leaving
          start: leaving(ok) | stored 2 | exit
        """

    /// The same under `OnFailure`.
    static let legacyOnFailure = """
        initializing
          inputs-failed: leaving(OutputFailed) | INITIALIZING>ERROR(OutputFailed)! | failed 0 OutputFailed | exit
        ready
          inputs-failed: leaving(OutputFailed) | INITIALIZING>ERROR(OutputFailed)! | failed 0 OutputFailed | exit
          terminate: ready | grace
        started
          terminate: started | grace
        running
          terminate: running | grace
        storing-ok
          stored: leaving(ok) | TERMINATING>DONE! | stored 2 | exit
          outputs-failed: retry(OutputFailed) | failed 2 OutputFailed
        storing-failed
          stored: leaving(Error) | TERMINATING>ERROR(Error)! | stored 2 | exit
          outputs-failed: leaving(Error) | TERMINATING>ERROR(Error)! | failed 2 OutputFailed | exit
        settled-ok
          start: leaving(ok) | stored 2 | exit
        settled-failed
          start: leaving(Error) | stored 2 | exit
        leaving
          start: leaving(ok) | stored 2 | exit
        """

    /// The same after SIGTERM.
    static let legacyTerminating = """
        pending
          terminate: pending
        initializing
          inputs-failed: leaving(OutputFailed) | INITIALIZING>ERROR(OutputFailed)! | failed 0 OutputFailed | exit
          terminate: initializing
        ready
          inputs-failed: leaving(OutputFailed) | INITIALIZING>ERROR(OutputFailed)! | failed 0 OutputFailed | exit
          status-3: storing(Error) | INITIALIZING>STARTED | continuous | STARTED>TERMINATING | store 0 Error
          terminate: ready
          store-latest: storing(MainNotSeen) | INITIALIZING>TERMINATING | store 0 MainNotSeen
          deadline: leaving(MainNotSeen) | INITIALIZING>KILLED(MainNotSeen)! | failed 0 MainNotSeen | exit
        started
          rebooted: storing(NodeRebooted) | RUNNING>TERMINATING | store 2 NodeRebooted
          gone-2: storing(MainGone) | RUNNING>TERMINATING | store 2 MainGone
          status-3: storing(Error) | RUNNING>TERMINATING | store 2 Error
          terminate: started
          store-latest: storing(DeadlineExceeded) | RUNNING>TERMINATING | store 2 DeadlineExceeded
          deadline: leaving(DeadlineExceeded) | RUNNING>KILLED(DeadlineExceeded)! | failed 2 DeadlineExceeded | exit
        running
          rebooted: storing(NodeRebooted) | RUNNING>TERMINATING | store 2 NodeRebooted
          gone-2: storing(MainGone) | RUNNING>TERMINATING | store 2 MainGone
          status-3: storing(Error) | RUNNING>TERMINATING | store 2 Error
          terminate: running
          store-latest: storing(DeadlineExceeded) | RUNNING>TERMINATING | store 2 DeadlineExceeded
          deadline: leaving(DeadlineExceeded) | RUNNING>KILLED(DeadlineExceeded)! | failed 2 DeadlineExceeded | exit
        retry
          terminate: retry(Error)
        storing-ok
          stored: leaving(ok) | TERMINATING>DONE! | stored 2 | exit
          outputs-failed: leaving(OutputFailed) | TERMINATING>ERROR(OutputFailed)! | failed 2 OutputFailed | exit
          terminate: storing(ok)
          deadline: storing(ok) | cancel store
        storing-failed
          stored: leaving(Error) | TERMINATING>ERROR(Error)! | stored 2 | exit
          outputs-failed: leaving(Error) | TERMINATING>ERROR(Error)! | failed 2 OutputFailed | exit
          terminate: storing(Error)
          deadline: storing(Error) | cancel store
        settled-ok
          start: leaving(ok) | stored 2 | exit
          terminate: settled(ok)
        settled-failed
          start: leaving(Error) | stored 2 | exit
          terminate: settled(Error)
        leaving
          start: leaving(ok) | stored 2 | exit
        """
}
