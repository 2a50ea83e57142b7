import Testing

@testable import HTTPTransport

@Suite struct StallCreditTests {
    static let start = ContinuousClock.now

    /// Moves `bytes` every second until the credit is used up; the second in which it is, or `nil` within 1,000.
    static func stalls(bytesASecond: Int, rate: Int, allowance: Duration) -> Int? {
        var credit = StallCredit(allowance: allowance, rate: rate)
        credit.restart(at: start)
        for second in 1...1000 {
            let now = start + .seconds(second)
            if let deadline = credit.deadline, deadline <= now { return second }
            credit.moved(bytesASecond, at: now)
        }
        return nil
    }

    @Test(arguments: [(0, 30), (500, 59), (900, 291), (1000, nil), (5000, nil)] as [(Int, Int?)])
    func slowTransfersStallAndFastOnesDoNot(bytesASecond: Int, second: Int?) {
        #expect(Self.stalls(bytesASecond: bytesASecond, rate: 1000, allowance: .seconds(30)) == second)
    }

    @Test func bytesNeverBuyMoreThanTheAllowance() {
        var credit = StallCredit(allowance: .seconds(30), rate: 1)
        credit.restart(at: Self.start)
        credit.moved(1 << 40, at: Self.start + .seconds(10))
        #expect(credit.deadline == Self.start + .seconds(40))
    }

    @Test func heldTimeIsFree() {
        var credit = StallCredit(allowance: .seconds(30), rate: 1)
        credit.restart(at: Self.start)
        credit.hold(at: Self.start + .seconds(10))
        #expect(credit.deadline == nil)
        credit.hold(at: Self.start + .seconds(500))
        credit.release(at: Self.start + .seconds(1000))
        credit.release(at: Self.start + .seconds(1005))
        #expect(credit.deadline == Self.start + .seconds(1020))
    }

    @Test func aRateOfNothingCountsAsOneByte() {
        #expect(Self.stalls(bytesASecond: 1, rate: 0, allowance: .seconds(5)) == nil)
        #expect(Self.stalls(bytesASecond: 0, rate: 0, allowance: .seconds(5)) == 5)
    }
}
