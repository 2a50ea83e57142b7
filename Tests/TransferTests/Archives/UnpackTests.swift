import Foundation
import TestSupport
import Testing
import WorkdirProtocol

@testable import Transfer

@Suite(.requires(.python)) struct UnpackTests {
    private let folder: TemporaryFolder
    private let work: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("unpack")
        work = try TemporaryFolder("archive")
    }

    private func fetch(_ archive: [UInt8], name: String = "x.tar", limits: ArchiveLimits = .init()) async
        -> TransferReport
    {
        var configuration = TransferConfiguration(retry: quickRetries)
        configuration.archives = limits
        let engine = TransferEngine(
            stores: MemoryResolver(store: MemoryStore([name: archive])), configuration: configuration)
        return await engine.fetch(
            [InputRequest(from: "mem://bucket/\(name)", to: "model", unpack: .auto)], into: folder.path)
    }

    /// Made with Python, which is independent of the reader under test and writes what no decent tool would.
    private func python(_ script: String) async throws -> [UInt8] {
        let finished = try await run(
            try #require(Tool.python.path),
            ["-c", "import tarfile,zipfile,io,sys\nout=sys.argv[1]\n" + script, work["archive"]])
        #expect(finished.status.isSuccess, "\(finished.error)")
        return try work.read("archive")
    }

    private static let entries = """
        def add(t,name,data=b'',type=tarfile.REGTYPE,link='',mode=0o644):
            i=tarfile.TarInfo(name); i.size=len(data); i.type=type; i.linkname=link; i.mode=mode
            t.addfile(i,io.BytesIO(data))

        """

    @Test(arguments: ["PAX", "GNU", "USTAR", "zip"])
    func `names and links are what their bytes are, however they are spelt`(form: String) async throws {
        let archive = try await python(
            Self.entries + """
                two,one='e\\u0301','\\u00e9'
                if '\(form)'=='zip':
                    z=zipfile.ZipFile(out,'w')
                    for n in (two,one): z.writestr(n,n)
                    z.close()
                else:
                    t=tarfile.open(out,'w',format=tarfile.\(form == "zip" ? "PAX" : form)_FORMAT)
                    for n in (two,one): add(t,n,n.encode())
                    for n in (two,one):
                        add(t,'to '+n,type=tarfile.SYMTYPE,link=n); add(t,'hard '+n,type=tarfile.LNKTYPE,link=n)
                    t.close()
                """)
        #expect(await fetch(archive, name: "x").failures == [])
        for name in ["e\u{301}", "\u{E9}"] {
            for path in form == "zip" ? [name] : [name, "to \(name)", "hard \(name)"] {
                #expect(try folder.read("model/\(path)") == Array(name.utf8), "\(path)")
            }
        }
    }

    @Test(arguments: [
        (
            "t=tarfile.open(out,'w',errors='surrogateescape'); add(t,'fine'); add(t,'caf\\udce9'); t.close()",
            "2 ('caf\\xe9')"
        ),
        (
            "f=io.BytesIO(); z=zipfile.ZipFile(f,'w'); z.writestr('fine',''); z.writestr('caf\\xe9','')\n"
                + "z.close(); open(out,'wb').write(f.getvalue().replace('caf\\xe9'.encode(),b'caf\\xe9\\xe9'))",
            "2"
        ),
    ])
    func `a name that is not UTF-8 is shown`(script: String, shown: String) async throws {
        let report = await fetch(try await python(Self.entries + script), name: "x")
        #expect(report.failures.map(\.reason) == [.archive])
        #expect(
            report.failures.first?.message == "the archive has a name that is not UTF-8: that of its entry \(shown)")
    }

    @Test func `an entry that comes again replaces the first`() async throws {
        let archive = try await python(
            Self.entries + """
                t=tarfile.open(out,'w')
                add(t,'a',b'old and longer'); add(t,'b',b'kept'); add(t,'hard',type=tarfile.LNKTYPE,link='b')
                add(t,'a',b'new'); add(t,'hard',b'own'); add(t,'A',b'other')
                t.close()
                """)
        let report = await fetch(archive)
        #expect(report.failures == [])
        #expect(try folder.text("model/a") == "new")
        #expect(try folder.text("model/A") == "other")
        #expect(try folder.text("model/b") == "kept")
        #expect(try folder.text("model/hard") == "own")
    }

    @Test(arguments: ["w", "w:gz", "w:bz2", "w:xz"])
    func `tar in its wrappers unfolds`(mode: String) async throws {
        let archive = try await python(
            Self.entries + """
                t=tarfile.open(out,'\(mode)')
                add(t,'./d/',type=tarfile.DIRTYPE); add(t,'./d/é ü.txt',b'hello'); add(t,'d/run',b'#!',mode=0o6755)
                add(t,'link',type=tarfile.SYMTYPE,link='d/run'); add(t,'hard',type=tarfile.LNKTYPE,link='d/run')
                t.close()
                """)
        let report = await fetch(archive)
        #expect(report.failures == [])
        #expect(try folder.text("model/d/é ü.txt") == "hello")
        #expect(try folder.text("model/link") == "#!")
        #expect(try folder.text("model/hard") == "#!")
        let mode = try FileManager.default.attributesOfItem(atPath: folder["model/d/run"])[.posixPermissions] as? Int
        #expect(mode.map { $0 & 0o7000 } == 0)
        #expect(try folder.list().filter { $0.hasPrefix(".kpipe") } == [])
    }

    @Test(arguments: ["--gzip", "--zstd", "--xz", "--bzip2"])
    func `what tar packs comes back as it was`(wrapper: String) async throws {
        let files: [String: [UInt8]] = [
            "empty": [], "deep/er/random": seededBytes(1 << 20), "deep/zeros": [UInt8](repeating: 0, count: 300_000),
            "\(String(repeating: "long", count: 40))/😀 +%": Array("words".utf8),
        ]
        for (name, bytes) in files { try work.write(bytes, to: "tree/\(name)") }
        _ = try work.makeFolder("tree/nothing in it")
        try await output("tar", [wrapper, "-cf", work["archive"], "-C", work["tree"], "."])
        #expect(await fetch(try work.read("archive")).failures == [])
        #expect(try folder.list("model") == work.list("tree"))
        for (name, bytes) in files { #expect(try folder.read("model/\(name)") == bytes) }
    }

    /// Whatever comes into them later, and in whatever order they stand; always for their owner to enter and to empty.
    @Test func `folders keep their modes and times`() async throws {
        let archive = try await python(
            Self.entries + """
                t=tarfile.open(out,'w')
                for name,mode,time in (('d',0o750,10**9),('d/in',0o555,2*10**9)):
                    i=tarfile.TarInfo(name); i.type=tarfile.DIRTYPE; i.mode=mode; i.mtime=time; t.addfile(i)
                add(t,'d/in/file',b'x'); add(t,'d/other/file',b'y')
                t.close()
                """)
        #expect(await fetch(archive).failures == [])
        for (name, mode, time) in [("d", 0o750, 1e9), ("d/in", 0o755, 2e9)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder["model/\(name)"])
            #expect(attributes[.posixPermissions] as? Int == mode)
            #expect((attributes[.modificationDate] as? Date)?.timeIntervalSince1970 == time)
        }
    }

    @Test(arguments: [
        "tar --zstd -cf archive zeros", "tar -czf archive zeros", "tar -cJf archive zeros",
        // Claims a TiB, and holds next to nothing.
        "truncate -s 1T hole && tar -cSf archive hole",
        "python3 -c 'import zipfile; zipfile.ZipFile(\"archive\",\"w\",8).write(\"zeros\")'",
    ])
    func `bombs of every kind are refused`(command: String) async throws {
        try await output("sh", ["-c", "truncate -s 64M zeros && \(command)"], folder: work.path)
        let limits = ArchiveLimits(bytes: 48 << 20)
        #expect(await fetch(try work.read("archive"), limits: limits).failures.map(\.reason) == [.archive])
        #expect(try folder.list() == [])
    }

    @Test func `zip unfolds`() async throws {
        let archive = try await python(
            "z=zipfile.ZipFile(out,'w',zipfile.ZIP_DEFLATED); z.writestr('a/b','x'*9999); z.close()")
        #expect(await fetch(archive, name: "x.zip").isComplete)
        #expect(try folder.text("model/a/b") == String(repeating: "x", count: 9999))
    }

    private static let damage = """
        def edit(find,at,old,new):
            global b
            i=b.find(find)+at; assert b[i:i+len(old)]==old; b[i:i+len(new)]=new
        def zipped(**more):
            f=io.BytesIO(); z=zipfile.ZipFile(f,'w')
            z.writestr(zipfile.ZipInfo('a/one',date_time=(2001,9,9,1,46,40)),b'first'*9,**more); z.writestr('two',b'second'*9)
            z.close(); return bytearray(f.getvalue())

        """

    /// Their checksums and lengths are compared, and what one head says with what the other does.
    @Test(arguments: [
        "edit(b'first',0,b'f',b'F')",
        "edit(b'PK\\1\\2',16,b[b.find(b'PK\\1\\2')+16:][:1],bytes([b[b.find(b'PK\\1\\2')+16]^1]))",
        "edit(b'PK\\3\\4',14,b[14:15],bytes([b[14]^1]))", "edit(b'PK\\3\\4',22,b'-',b'-\\1')",
        "edit(b'PK\\1\\2',24,b'-',b',')",
        "edit(b'PK\\3\\4',6,b'\\0',b'\\1')", "del b[40:50]", "del b[-30:]",
    ])
    func `a damaged zip is refused, and nothing of it is unpacked`(damage: String) async throws {
        let archive = try await python(
            Self.damage + "b=zipped()\n\(damage)\nopen(out,'wb').write(b)")
        let report = await fetch(archive, name: "x.zip")
        #expect(report.exitCode == .data, "\(report.failures)")
        #expect(try folder.list() == [])
    }

    @Test(arguments: ["b[-8]^=1", "b[-1]^=1", "i=b.find(b'first'); b[i]^=1", "del b[-3:]", "b=b[:-8]"])
    func `a gzip whose checksum or length is another is refused`(damage: String) async throws {
        let script = """
            import zlib
            f=io.BytesIO(); t=tarfile.open(fileobj=f,mode='w'); i=tarfile.TarInfo('a'); i.size=5; t.addfile(i,io.BytesIO(b'first'))
            t.close(); c=zlib.compressobj(0,zlib.DEFLATED,31); b=bytearray(c.compress(f.getvalue())+c.flush())

            """
        let archive = try await python(script + damage + "\nopen(out,'wb').write(b)")
        #expect(await fetch(archive, name: "x.tgz").exitCode == .data)
        #expect(try folder.list() == [])
    }

    @Test func `gzip in several members, and padded, is one archive`() async throws {
        let archive = try await python(
            Self.entries + """
                import gzip
                f=io.BytesIO(); t=tarfile.open(fileobj=f,mode='w'); add(t,'a',b'first'*99999); t.close(); b=f.getvalue()
                open(out,'wb').write(b''.join(gzip.compress(b[i:i+70000]) for i in range(0,len(b),70000))+bytes(9000))
                """)
        #expect(await fetch(archive, name: "x.tgz").failures == [])
        #expect(try folder.text("model/a") == String(repeating: "first", count: 99_999))
    }

    /// Names that fill more than what is looked at first; entries behind their archive's head; none at all; a comment.
    @Test(arguments: [
        "z=zipfile.ZipFile(out,'w')\nfor i in range(6000): z.writestr(f'{i:060}',str(i))\nz.close()",
        "f=open(out,'wb'); f.write(b'PK stub'*99999)\nz=zipfile.ZipFile(f,'w'); z.writestr('a','1'); z.close()",
        "z=zipfile.ZipFile(out,'w')\nz.close()",
        "z=zipfile.ZipFile(out,'w'); z.comment=b'c'*9000; z.writestr('a','1'*900000)\nz.close()",
        "z=zipfile.ZipFile(out,'w',allowZip64=True)\nwith z.open('a','w',force_zip64=True) as f: f.write(b'1'*3000000)\nz.close()",
    ])
    func `a zip of any shape unfolds as Python reads it`(script: String) async throws {
        let archive = try await python(script)
        let names = try await output(
            try #require(Tool.python.path),
            ["-c", "import zipfile,sys\nfor n in zipfile.ZipFile(sys.argv[1]).namelist(): print(n)", work["archive"]])
        let report = await fetch(archive, name: "x.zip")
        #expect(report.failures == [])
        #expect(try folder.list("model") == names.split(separator: "\n").map(String.init).sorted())
        #expect(try folder.list().filter { $0.hasPrefix(".kpipe") } == [])
    }

    @Test func `a zip is unpacked as it comes where ranges are served, and is compared whole`() async throws {
        for name in ["first", "second"] { try work.write(seededBytes(5 << 20), to: "tree/\(name)") }
        let archive = try await python(
            "import os\nz=zipfile.ZipFile(out,'w')\nd=os.path.dirname(out)\n"
                + "for n in ('first','second'): z.write(d+'/tree/'+n,n)\nz.close()")
        let gate = ScriptedHTTPServer.Gate()
        let server = try ScriptedHTTPServer { request in
            let headers = ["ETag: \"1\"", "Accept-Ranges: bytes"]
            let asked = request.headers.first { $0.name.lowercased() == "range" }?.value
            let text = asked ?? "bytes=0-\(archive.count - 1)"
            let bounds = text.dropFirst(6).split(separator: "-").compactMap { Int($0) }
            let range = bounds[0]..<bounds[1] + 1
            let body = Array(archive[range])
            let answer = ScriptedAnswer(
                asked == nil ? 200 : 206,
                headers: headers + ["Content-Range: bytes \(text.dropFirst(6))/\(archive.count)"],
                request.method == "HEAD" ? [] : body, length: range.count)
            let isHeld = range.lowerBound >= 8 << 20 && range.upperBound < archive.count
            return (isHeld ? [.wait(gate)] : []) + answer.steps
        }
        defer { server.stop() }
        try await expectUnpackingOnTheWay(of: archive, "\(server.url)/x.zip", held: gate)
    }

    @Test(arguments: [
        "add(t,'../x',b'1')", "add(t,'/x',b'1')", "add(t,'a/../../x',b'1')", "add(t,'a//x',b'1')",
        "add(t,'l',type=tarfile.SYMTYPE,link='../x')", "add(t,'l',type=tarfile.SYMTYPE,link='/etc/passwd')",
        "add(t,'a/l',type=tarfile.SYMTYPE,link='../../x')", "add(t,'l',type=tarfile.SYMTYPE,link='a/../..')",
        "add(t,'l',type=tarfile.SYMTYPE,link='.'); add(t,'l/x',b'1')",
        "add(t,'h',type=tarfile.LNKTYPE,link='/etc/passwd')", "add(t,'h',type=tarfile.LNKTYPE,link='none')",
        "add(t,'dev',type=tarfile.CHRTYPE)", "add(t,'fifo',type=tarfile.FIFOTYPE)",
        "add(t,'a',b'1'); add(t,'a/b',b'2')",
    ])
    func `a hostile entry is refused, and nothing at all is unpacked`(entry: String) async throws {
        let archive = try await python(
            Self.entries + "t=tarfile.open(out,'w')\nadd(t,'good',b'good')\n\(entry)\nt.close()")
        let report = await fetch(archive)
        #expect(report.exitCode == .data)
        #expect(report.failures.first?.object.hasPrefix("mem://bucket/x.tar") == true)
        #expect(try folder.list() == [])
    }

    @Test func `bombs are refused by size, by ratio and by count`() async throws {
        let zeros = try await python(
            Self.entries + "t=tarfile.open(out,'w:gz')\nadd(t,'zeros',bytes(3<<20))\nt.close()")
        var limits = ArchiveLimits(bytes: 1 << 20)
        #expect(await fetch(zeros, limits: limits).failures.map(\.reason) == [.archive])
        limits = ArchiveLimits(ratio: 10, ratioFloor: 1 << 20)
        #expect(await fetch(zeros, limits: limits).failures.map(\.reason) == [.archive])
        let many = try await python(
            Self.entries + "t=tarfile.open(out,'w')\nfor i in range(50): add(t,str(i))\nt.close()")
        #expect(await fetch(many, limits: ArchiveLimits(entries: 49)).failures.map(\.reason) == [.archive])
        #expect(try folder.list() == [])
    }

    @Test(arguments: ["w", "w:gz", "w:xz"])
    func `a truncated archive is refused`(mode: String) async throws {
        let archive = try await python(
            Self.entries
                + "import random\nt=tarfile.open(out,'\(mode)')\nadd(t,'a',random.Random(1).randbytes(100000))\nt.close()"
        )
        let report = await fetch(Array(archive.prefix(archive.count / 2)))
        #expect(report.exitCode == .data)
        #expect(try folder.list() == [])
    }

    @Test func `what is no archive stays a file, unless its name promised one`() async throws {
        #expect(await fetch(Array("plain words".utf8), name: "words.txt").isComplete)
        #expect(try folder.text("model") == "plain words")
        #expect(await fetch(Array("plain words".utf8), name: "words.tar.gz").failures.map(\.reason) == [.archive])
    }

    @Test func `an older folder is replaced whole`() async throws {
        let archive = try await python(Self.entries + "t=tarfile.open(out,'w')\nadd(t,'new',b'1')\nt.close()")
        try folder.write("old", to: "model/old")
        #expect(await fetch(archive).failures == [])
        #expect(try folder.list() == ["model", "model/new"])
    }

    @Test func `an archive is unpacked as it comes, and never lies beside its content`() async throws {
        for name in ["first", "second"] { try work.write(seededBytes(5 << 20), to: "tree/\(name)") }
        try await output("tar", ["-cf", work["archive"], "-C", work["tree"], "first", "second"])
        let archive = try work.read("archive")
        let gate = ScriptedHTTPServer.Gate()
        let server = try ScriptedHTTPServer { request in
            let head = Array("HTTP/1.1 200 OK\r\nContent-Length: \(archive.count)\r\n\r\n".utf8)
            guard request.method == "GET" else { return [.bytes(head)] }
            return [.bytes(head + archive[..<(8 << 20)]), .wait(gate), .bytes(Array(archive[(8 << 20)...]))]
        }
        defer { server.stop() }
        try await expectUnpackingOnTheWay(of: archive, "\(server.url)/x.tar", held: gate)
    }

    /// Both files are there, hidden, while the last of the archive is held back; with another digest neither ever appears.
    private func expectUnpackingOnTheWay(of archive: [UInt8], _ url: String, held gate: ScriptedHTTPServer.Gate)
        async throws
    {
        let registry = StoreRegistry(StoreConfiguration(environment: ["no_proxy": "*"]))
        let (engine, folder, digest) = (TransferEngine(stores: registry), folder, MessageDigest.sha256(archive))
        async let report = engine.fetch(
            [InputRequest(from: url, to: "model", sha256: digest, unpack: .auto)], into: folder.path)
        let files = try await eventually("the files") {
            let files = (try? folder.list().filter { $0.hasSuffix("/first") || $0.hasSuffix("/second") }) ?? []
            return files.count == 2 ? files : nil
        }
        #expect(files.allSatisfy { $0.hasPrefix(".kpipe-") })
        #expect(try folder.list().count == 3, "a hidden folder, two files in it, and nothing else")
        gate.open()
        #expect(await report.failures == [])
        #expect(try folder.list() == ["model", "model/first", "model/second"])
        #expect(try folder.read("model/second") == seededBytes(5 << 20))
        let other = [UInt8](repeating: 0, count: 32)
        let wrong = await engine.fetch(
            [InputRequest(from: url, to: "other", sha256: other, unpack: .auto)], into: folder.path)
        #expect(wrong.exitCode == .data)
        #expect(try folder.list() == ["model", "model/first", "model/second"])
        await registry.shutdown()
    }
}
