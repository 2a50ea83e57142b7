/// Where entries of an archive may stand and links in it may lead. Pure.
enum ArchiveName {
    /// The path below the folder that the archive becomes; "" for the folder itself. Throws `.hostileName`.
    static func path(_ name: String, in object: String) throws(TransferError) -> String {
        // tar writes './name', and 'folder/'.
        var rest = Substring(name)
        while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
        while rest.hasSuffix("/"), rest.count > 1 { rest = rest.dropLast() }
        if rest.isEmpty || rest == "." { return "" }
        return try RelativeName.check(String(rest), of: "\(object): entry '\(name)'")
    }

    /// Refuses a symbolic link at `path` that could lead outside.
    ///
    /// Its target may climb only at its beginning, and not above the root. The link itself stands in a real folder,
    /// since none is made through a link, so those steps are what they seem; the steps that follow descend, perhaps
    /// through other links, each of which obeys the same rule.
    static func check(link target: String, at path: String, in object: String) throws(TransferError) {
        func refuse(_ why: String) -> TransferError {
            TransferError(
                object: "\(object): entry '\(path)'", reason: .hostileName,
                message: "is a link to '\(target)', which \(why)")
        }
        guard !target.isEmpty, !target.utf8.contains(0) else { throw refuse("is no name") }
        guard !target.hasPrefix("/") else { throw refuse("leads out of the archive's folder") }
        var depth = path.split(separator: "/").count - 1
        var descends = false
        for step in target.split(separator: "/") where step != "." {
            if step == ".." {
                depth -= 1
                guard depth >= 0 else { throw refuse("leads out of the archive's folder") }
                guard !descends else { throw refuse("climbs again after it has descended") }
            } else {
                descends = true
            }
        }
    }
}
