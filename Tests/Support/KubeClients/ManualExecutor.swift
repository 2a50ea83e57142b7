import Synchronization

/// Runs tasks only when told to, on the thread of whoever tells it: so that a test knows when nothing is left to do, and
/// everything happens in the same order each time.
package final class ManualExecutor: TaskExecutor {
    private let jobs = Mutex<(queue: [UnownedJob], head: Int)>(([], 0))

    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.queue.append(job) }
    }

    /// Runs until every task waits for something.
    package func drain() {
        while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func next() -> UnownedJob? {
        jobs.withLock { jobs in
            guard jobs.head < jobs.queue.count else {
                jobs = ([], 0)
                return nil
            }
            jobs.head += 1
            return jobs.queue[jobs.head - 1]
        }
    }
}
