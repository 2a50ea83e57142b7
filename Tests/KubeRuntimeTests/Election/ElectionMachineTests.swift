import Basics
import Testing

@testable import KubeClient
@testable import KubeRuntime

@Suite struct ElectionMachineTests {
    private var machine = ElectionMachine(identity: "me", timing: .standard)

    @Test mutating func createsTheLeaseWhereThereIsNoneAndLeads() {
        #expect(handle(.wake, at: 0) == [.read])
        #expect(handle(.read(nil), at: 1) == [.claim(claim(.create, version: "", isTransition: true))])
        #expect(!machine.isLeader(at: .seconds(2)))
        #expect(handle(.granted(lease("me", version: "1")), at: 2) == [.lead])
        // From when the claim was sent, not from when it was granted.
        #expect(machine.leadsUntil == .seconds(11))
        #expect(machine.isLeader(at: .seconds(10.999)))
        #expect(!machine.isLeader(at: .seconds(11)))
    }

    @Test mutating func renewsEveryTwoSecondsOnTheVersionItKnows() {
        lead()
        #expect(machine.nextWake == .seconds(2))
        #expect(handle(.wake, at: 2) == [.claim(claim(.renew, version: "1"))])
        #expect(handle(.granted(lease("me", version: "2")), at: 2.1) == [])
        #expect(machine.leadsUntil == .seconds(12))
        #expect(handle(.wake, at: 4) == [.claim(claim(.renew, version: "2"))])
    }

    @Test mutating func waitsForAnotherHolderByItsOwnClock() {
        _ = handle(.wake, at: 0)
        // What the lease says about time is not looked at.
        let lease = lease("other", version: "7", renewTime: "1970-01-01T00:00:00.000000Z")
        #expect(handle(.read(lease), at: 0) == [])
        for second in stride(from: 5.0, to: 15, by: 5) {
            #expect(handle(.wake, at: second) == [.read])
            #expect(handle(.read(lease), at: second) == [])
        }
        #expect(handle(.wake, at: 15) == [.read])
        #expect(
            handle(.read(lease), at: 15)
                == [.claim(claim(.acquire, version: "7", transitions: 4, isTransition: true))])
    }

    @Test mutating func countsFromTheLastChangeItSaw() {
        _ = handle(.wake, at: 0)
        _ = handle(.read(lease("other", version: "7")), at: 0)
        _ = handle(.wake, at: 14)
        #expect(handle(.read(lease("other", version: "8")), at: 14) == [])
        _ = handle(.wake, at: 28)
        #expect(handle(.read(lease("other", version: "8")), at: 28) == [])
        _ = handle(.wake, at: 33)
        #expect(handle(.read(lease("other", version: "8")), at: 33).count == 1)
    }

    @Test(arguments: [
        // The holder's own duration counts; where it says nothing, ours.
        ("other", 60, 59, false), ("other", 60, 60, true), ("other", 1, 2, true), ("other", 0, 14, false),
        ("other", 0, 15, true), ("other", -5, 14, false),
        // Nobody's, or our own from another life.
        ("", 15, 0, true), ("me", 15, 0, true),
    ])
    mutating func knowsWhenALeaseMayBeClaimed(_ holder: String, _ seconds: Int64, _ after: Double, _ isFree: Bool) {
        _ = handle(.wake, at: 0)
        let lease = lease(holder, version: "7", seconds: seconds)
        let first = handle(.read(lease), at: 0)
        guard after > 0 else { return #expect(first.isEmpty != isFree) }
        _ = handle(.wake, at: after)
        #expect(handle(.read(lease), at: after).isEmpty != isFree)
    }

    @Test mutating func spreadsTheAttemptsOfCandidates() {
        for (random, pause) in [(0.0, 2.0), (0.5, 3.2), (0.999, 4.3976)] {
            var machine = ElectionMachine(identity: "me", timing: .standard)
            _ = machine.handle(.wake, at: .zero, random: random)
            _ = machine.handle(.read(lease("other", version: "7")), at: .zero, random: random)
            #expect(machine.nextWake?.inSeconds ?? 0 == pause)
        }
    }

    @Test mutating func leadsNoLongerThanTheRenewDeadlineWithoutTheServer() {
        lead()
        _ = handle(.wake, at: 2)
        #expect(handle(.failed, at: 4) == [])
        #expect(machine.nextWake == .seconds(6))
        // What became of the claim is unknown, so the lease is read before the next.
        #expect(handle(.wake, at: 6) == [.read])
        #expect(handle(.failed, at: 9) == [])
        #expect(machine.nextWake == .seconds(10))
        #expect(handle(.wake, at: 10) == [.lose])
        #expect(!machine.isLeader(at: .seconds(10)))
        // It never contests again.
        #expect(handle(.wake, at: 100) == [])
        #expect(machine.nextWake == nil)
    }

    @Test mutating func isNotTalkedIntoLeadingOnAfterItsTime() {
        lead()
        _ = handle(.wake, at: 2)
        // The process was stopped; the grant for its claim had come meanwhile.
        #expect(handle(.granted(lease("me", version: "2")), at: 11) == [.lose])
        #expect(!machine.isLeader(at: .seconds(11)))
    }

    @Test mutating func doesNotCountARenewalThatNobodyCanSee() {
        lead()
        _ = handle(.wake, at: 2)
        #expect(handle(.granted(lease("me", version: "1")), at: 2) == [])
        #expect(machine.leadsUntil == .seconds(10))
        #expect(machine.nextWake == .seconds(4))
    }

    @Test mutating func claimsAgainWhatWasGrantedTooLate() {
        _ = handle(.wake, at: 0)
        _ = handle(.read(nil), at: 0)
        #expect(handle(.granted(lease("me", version: "1")), at: 10) == [.claim(claim(.acquire, version: "1"))])
        #expect(handle(.granted(lease("me", version: "2")), at: 11) == [.lead])
    }

    @Test mutating func losesAtOnceWhatAnotherHolds() {
        lead()
        _ = handle(.wake, at: 2)
        #expect(handle(.conflict, at: 2) == [.read])
        #expect(handle(.read(lease("other", version: "9")), at: 2) == [.lose])
    }

    @Test mutating func readsAtOnceAfterAConflictButNotForEver() {
        lead()
        _ = handle(.wake, at: 2)
        #expect(handle(.conflict, at: 2) == [.read])
        // Somebody labelled the lease.
        #expect(handle(.read(lease("me", version: "5")), at: 2) == [.claim(claim(.renew, version: "5"))])
        #expect(handle(.conflict, at: 2) == [])
        #expect(machine.nextWake == .seconds(4))
    }

    @Test mutating func givesTheLeaseBackWhenTheWorkIsOver() {
        lead()
        #expect(
            handle(.stop, at: 1) == [
                .claim(claim(.release, holder: "", seconds: 1, version: "1", isTransition: true))
            ])
        #expect(handle(.granted(lease("", version: "2")), at: 1) == [.end])
        #expect(handle(.wake, at: 2) == [])
    }

    @Test mutating func givesTheLeaseBackAfterTheClaimUnderWay() {
        lead()
        _ = handle(.wake, at: 2)
        #expect(handle(.stop, at: 3) == [])
        #expect(
            handle(.granted(lease("me", version: "2")), at: 3) == [
                .claim(claim(.release, holder: "", seconds: 1, version: "2", isTransition: true))
            ])
        #expect(handle(.conflict, at: 3) == [.read])
        #expect(handle(.read(lease("other", version: "4")), at: 3) == [.end])
    }

    @Test mutating func givesBackAlsoWhatItLostToNobody() {
        lead()
        #expect(handle(.wake, at: 10) == [.lose])
        #expect(
            handle(.stop, at: 12) == [
                .claim(claim(.release, holder: "", seconds: 1, version: "1", isTransition: true))
            ])
    }

    @Test mutating func givesUpGivingBackAfterATime() {
        lead()
        _ = handle(.stop, at: 1)
        #expect(handle(.failed, at: 1) == [])
        #expect(handle(.wake, at: 3.5) == [.read])
        #expect(handle(.failed, at: 3.5) == [])
        #expect(handle(.wake, at: 6) == [.end])
    }

    @Test mutating func endsAtOnceWhereNothingIsToBeGivenBack() {
        _ = handle(.wake, at: 0)
        #expect(handle(.stop, at: 1) == [])
        #expect(handle(.read(lease("other", version: "7")), at: 1) == [.end])
    }

    @Test mutating func doesNotBeginWhenToldToStopWhileItClaims() {
        _ = handle(.wake, at: 0)
        _ = handle(.read(nil), at: 0)
        _ = handle(.stop, at: 0)
        #expect(
            handle(.granted(lease("me", version: "1")), at: 1) == [
                .claim(claim(.release, holder: "", seconds: 1, version: "1", isTransition: true))
            ])
    }

    @Test mutating func makesALeaseAnewThatWasDeletedUnderIt() {
        lead()
        _ = handle(.wake, at: 2)
        #expect(handle(.conflict, at: 2) == [.read])
        #expect(handle(.read(nil), at: 2) == [.claim(claim(.create, version: "", isTransition: true))])
        #expect(handle(.granted(lease("me", version: "9")), at: 2) == [])
        #expect(machine.leadsUntil == .seconds(12))
    }

    @Test mutating func doesNotTakeOverFromAHolderWhoseLeaseWasDeleted() {
        _ = handle(.wake, at: 0)
        _ = handle(.read(lease("other", version: "7")), at: 0)
        _ = handle(.wake, at: 5)
        #expect(handle(.read(nil), at: 5) == [])
        _ = handle(.wake, at: 15)
        #expect(
            handle(.read(nil), at: 15) == [.claim(claim(.create, version: "", transitions: 3, isTransition: true))])
    }

    @Test mutating func ignoresAGrantNobodyAskedFor() {
        #expect(handle(.granted(lease("me", version: "1")), at: 0) == [.read])
        #expect(!machine.isLeader(at: .zero))
    }

    @Test(arguments: [
        (15, 15, 2, "longer than the renew deadline"), (15, 2.4, 2, "longer than 1.2"), (15, 10, 0, "positive"),
        (15.5, 10, 2, "whole seconds"), (0, -1, -2, "whole seconds"),
    ])
    func refusesTimesThatAreNotSafe(_ lease: Double, _ renew: Double, _ retry: Double, _ reason: String) {
        let error = #expect(throws: ElectionTiming.Invalid.self) {
            try ElectionTiming(lease: .seconds(lease), renew: .seconds(renew), retry: .seconds(retry))
        }
        #expect(error?.description.contains(reason) == true)
    }

    private mutating func lead() {
        _ = handle(.wake, at: 0)
        _ = handle(.read(nil), at: 0)
        #expect(handle(.granted(lease("me", version: "1")), at: 0) == [.lead])
    }

    private mutating func handle(_ input: ElectionInput, at seconds: Double) -> [ElectionEffect] {
        machine.handle(input, at: .seconds(seconds), random: 0)
    }

    /// A Lease holds 32 bits; whoever has write access to it may have written anything.
    @Test(arguments: ["2147483647", "2147483648", "9223372036854775807", "99999999999999999999", "-1", "x"])
    func `A lease's numbers at their ends keep nobody from leading`(number: String) throws {
        let json =
            #"{"metadata":{"resourceVersion":"7"},"spec":{"holderIdentity":"","leaseDurationSeconds":\#(number),"#
            + #""leaseTransitions":\#(number)}}"#
        let record = try LeaseRecord(json: Array(json.utf8))
        let count: Int64 = number == "-1" || number == "x" ? 0 : Int64(Int32.max)
        #expect(record.durationSeconds == count)
        #expect(record.transitions == count)
        var machine = ElectionMachine(identity: "me", timing: .standard)
        #expect(machine.handle(.wake, at: .zero, random: 0) == [.read])
        let effects = machine.handle(.read(record), at: .zero, random: 0)
        guard case .claim(let claim)? = effects.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(claim.transitions == min(count + 1, Int64(Int32.max)))
    }

    private func lease(
        _ holder: String, version: String, seconds: Int64 = 15, renewTime: String = ""
    ) -> LeaseRecord {
        var record = LeaseRecord()
        record.holder = holder
        record.durationSeconds = seconds
        record.transitions = holder == "other" ? 3 : 0
        record.renewTime = renewTime
        record.resourceVersion = version
        return record
    }

    private func claim(
        _ purpose: LeaseClaim.Purpose, holder: String = "me", seconds: Int64 = 15, version: String,
        transitions: Int64 = 0, isTransition: Bool = false
    ) -> LeaseClaim {
        LeaseClaim(
            purpose: purpose, holder: holder, durationSeconds: seconds, transitions: transitions,
            resourceVersion: version, isTransition: isTransition)
    }
}
