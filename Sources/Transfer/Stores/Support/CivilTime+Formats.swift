internal import Basics
internal import WorkdirProtocol

/// The forms in which stores write a date.
extension CivilTime {
    /// `20130524T000000Z`, as signatures want it.
    var basic: String {
        "\(padded(year, 4))\(padded(month, 2))\(padded(day, 2))T\(padded(hour, 2))\(padded(minute, 2))\(padded(second, 2))Z"
    }
}

private func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
