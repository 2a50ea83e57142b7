internal import CExpat

/// An XML document as stores write them: elements with text, no mixed content; namespaces are not looked at.
struct XMLElement: Equatable {
    var name: String
    var text = ""
    var attributes: [String: String] = [:]
    var children: [XMLElement] = []
}

extension XMLElement {
    /// The root element; `nil` for what is not well-formed, has a document type (entities could be defined there) or
    /// nests deeper than any answer does.
    ///
    /// Control characters, which XML cannot hold and some servers write nevertheless where an object's key has them, are
    /// read as `?`: what names a key for certain comes in percent escapes.
    init?(parsing document: [UInt8]) {
        func isBlank(_ byte: UInt8) -> Bool { [0x09, 0x0A, 0x0D, 0x20].contains(byte) }
        if document.first.map(isBlank) == true {
            // Servers may keep a connection alive by blanks, while they work on the document.
            self.init(parsing: Array(document.drop(while: isBlank)))
        } else if let root = Self(strict: document) {
            self = root
        } else {
            let cleaned = Self.withoutControls(document)
            guard cleaned != document, let root = Self(strict: cleaned) else { return nil }
            self = root
        }
    }

    private static func withoutControls(_ document: [UInt8]) -> [UInt8] {
        func isControl(_ value: Int) -> Bool { value < 0x20 && ![0x09, 0x0A, 0x0D].contains(value) }
        var cleaned: [UInt8] = []
        cleaned.reserveCapacity(document.count)
        var index = 0
        while index < document.count {
            let byte = document[index]
            let rest = document[index...]
            if rest.starts(with: "&#".utf8), let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")) {
                let digits = String(decoding: rest[(index + 2)..<end], as: UTF8.self)
                let value = digits.first == "x" ? Int(digits.dropFirst(), radix: 16) : Int(digits)
                if value.map(isControl) == true {
                    cleaned.append(UInt8(ascii: "?"))
                    index = end + 1
                    continue
                }
            }
            cleaned.append(isControl(Int(byte)) ? UInt8(ascii: "?") : byte)
            index += 1
        }
        return cleaned
    }

    private init?(strict document: [UInt8]) {
        let builder = Builder()
        guard let parser = XML_ParserCreate("UTF-8") else { return nil }
        defer { XML_ParserFree(parser) }
        builder.parser = parser
        // The builder outlives the parser: it is held by this function.
        XML_SetUserData(parser, Unmanaged.passUnretained(builder).toOpaque())
        XML_SetElementHandler(
            parser, { data, name, attributes in Builder.of(data)?.start(name, attributes) },
            { data, _ in Builder.of(data)?.end() })
        XML_SetCharacterDataHandler(parser) { data, text, length in Builder.of(data)?.add(text, length) }
        XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in Builder.of(data)?.refuse() }
        let parsed = document.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { XML_Parse(parser, $0.baseAddress, Int32($0.count), 1) }
        }
        builder.parser = nil
        guard parsed == XML_STATUS_OK, let root = builder.root else { return nil }
        self = root
    }

    /// The first child of that name.
    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// Text of the first child of that name, surrounding white space removed.
    func value(_ name: String) -> String? { self[name]?.trimmed }

    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The first element of that name at any depth, this one included.
    func find(_ name: String) -> XMLElement? {
        if self.name == name { return self }
        for child in children {
            if let found = child.find(name) { return found }
        }
        return nil
    }

    private var trimmed: String {
        func isSpace(_ character: Character) -> Bool { character.isWhitespace }
        let start = text.drop(while: isSpace)
        guard let last = start.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(start[...last])
    }
}

private final class Builder {
    var parser: XML_Parser?
    private(set) var root: XMLElement?
    private var open: [XMLElement] = []
    private static let maximumDepth = 16

    static func of(_ data: UnsafeMutableRawPointer?) -> Builder? {
        data.map { Unmanaged<Builder>.fromOpaque($0).takeUnretainedValue() }
    }

    /// `attributes`: names and values by turns, `nil` last.
    func start(_ name: UnsafePointer<XML_Char>?, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?) {
        guard open.count < Self.maximumDepth, let name else { return refuse() }
        var element = XMLElement(name: String(cString: name))
        var pairs = attributes
        while let pair = pairs, let name = pair[0], let value = pair[1] {
            element.attributes[String(cString: name)] = String(cString: value)
            pairs = pair + 2
        }
        open.append(element)
    }

    func add(_ text: UnsafePointer<XML_Char>?, _ length: Int32) {
        guard let text, !open.isEmpty else { return }
        open[open.count - 1].text += String(
            decoding: UnsafeRawBufferPointer(start: text, count: Int(length)), as: UTF8.self)
    }

    func end() {
        guard let element = open.popLast() else { return }
        if open.isEmpty {
            root = element
        } else {
            open[open.count - 1].children.append(element)
        }
    }

    func refuse() {
        root = nil
        XML_StopParser(parser, XML_Bool(0))
    }
}
