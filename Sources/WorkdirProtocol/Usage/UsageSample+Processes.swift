import CLinux

extension UsageSample {
    /// What this process has used so far. `time`: milliseconds since 1970.
    package static func ofThisProcess(time: Int64) -> UsageSample {
        UsageSample(time: time, clinux_usage_of_self())
    }

    /// What its children, and theirs, have used that have ended. The peak of memory is that of the largest among them.
    package static func ofEndedChildren(time: Int64) -> UsageSample {
        UsageSample(time: time, clinux_usage_of_children())
    }

    private init(time: Int64, _ usage: clinux_usage) {
        self.init(time: time)
        self[.cpuTime] = usage.cpu_microseconds
        self[.memoryPeak] = usage.memory_peak
        self[.bytesRead] = usage.bytes_read
        self[.bytesWritten] = usage.bytes_written
    }
}
