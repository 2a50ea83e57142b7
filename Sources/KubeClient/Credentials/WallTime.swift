internal import Glibc

/// Seconds since 1970.
typealias WallTime = @Sendable () -> Int64

let systemTime: WallTime = { Int64(time(nil)) }
