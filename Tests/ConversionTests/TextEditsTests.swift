import Testing

@testable import Conversion

@Suite struct TextEditsTests {
    private static let text = Array("0123456789".utf8)

    private static func applied(_ bounds: Range<Int> = 0..<10, _ edit: (inout TextEdits) -> Void) -> String? {
        var edits = TextEdits()
        edit(&edits)
        return edits.applied(to: text, in: bounds).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func whatComesToOnePlaceKeepsItsOrder() {
        let found = Self.applied { edits in
            edits.replace(6..<8, by: "late".utf8)
            for word in ["a", "b", "c"] { edits.replace(3..<3, by: word.utf8) }
            // Behind all that is inserted there.
            edits.replace(3..<5, by: [])
            edits.replace(3..<3, by: "d".utf8)
        }
        #expect(found == "012abcd5late89")
    }

    @Test func aTextIsKeptForSeveralPlacesAndInAnyOrder() {
        let found = Self.applied { edits in
            let comma = edits.keep(",".utf8)
            let (first, second) = (edits.keep("first".utf8), edits.keep("second".utf8))
            for text in [second, comma, first, comma] { edits.replace(1..<1, by: text) }
        }
        #expect(found == "0second,first,123456789")
    }

    @Test func onlyAPartIsChangedAndGiven() {
        #expect(Self.applied(2..<6) { $0.replace(4..<5, by: "x".utf8) } == "23x5")
        #expect(Self.applied(2..<6) { $0.replace(5..<7, by: "x".utf8) } == nil)
        #expect(Self.applied(2..<6) { $0.replace(1..<3, by: "x".utf8) } == nil)
    }

    @Test func twoInOnePlaceAreRefused() {
        let overlapping = Self.applied { edits in
            edits.replace(2..<5, by: [])
            edits.replace(4..<6, by: [])
        }
        #expect(overlapping == nil)
        // Nor is anything put into what goes.
        let inside = Self.applied { edits in
            edits.replace(2..<5, by: [])
            edits.replace(3..<3, by: "x".utf8)
        }
        #expect(inside == nil)
    }

    @Test func othersAreAddedWithTheirTexts() {
        let found = Self.applied { edits in
            edits.replace(0..<1, by: "first ".utf8)
            for number in 1...2 {
                var others = TextEdits()
                others.replace(number * 3..<number * 3 + 1, by: "<\(number)>".utf8)
                edits.add(others)
            }
        }
        #expect(found == "first 12<1>45<2>789")
    }
}
