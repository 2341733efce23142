"""Archives, packers and databases."""

import bz2
import glob
import gzip
import io
import lzma
import os
import shutil
import sqlite3
import subprocess
import tarfile
import time
import zipfile

from people import ROOT, Book, at, put, run, scratch, writer


def folder_of_people(b):
    """A folder with a text in it and a file whose name names somebody."""
    folder = scratch("folder")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    put(os.path.join(folder, "akte.txt"), b("member") + "\n")
    put(os.path.join(folder, b.name("name of a member") + ".txt"), "x\n")
    return folder


@writer
def seven_zip():
    for name, flags in {"a.7z": [], "solid-ppmd.7z": ["-m0=PPMd"], "bzip2.7z": ["-m0=BZip2"], "deflate.zip": [], "deflate64.zip": ["-mm=Deflate64"], "lzma.zip": ["-mm=LZMA"], "bzip2.zip": ["-mm=BZip2"], "a.tar": [], "a.wim": [], "secret.zip": ["-pgeheim"], "secret.7z": ["-pgeheim", "-mhe=on"]}.items():
        b = Book()
        folder = folder_of_people(b)
        run("7z", "a", *flags, at("7zip/" + name), ".", cwd=folder)
        b.wrote("7-Zip", at("7zip/" + name))


@writer
def info_zip():
    for name, flags in {"plain.zip": [], "stored.zip": ["-0"], "bzip2.zip": ["-Z", "bzip2"], "secret.zip": ["-P", "geheim"]}.items():
        b = Book()
        folder = folder_of_people(b)
        run("zip", "-q", "-r", *flags, at("info-zip/" + name), ".", cwd=folder)
        run("zip", "-q", "-z", at("info-zip/" + name), input=(b("comment of an archive") + "\n").encode())
        b.wrote("Info-ZIP", at("info-zip/" + name))


@writer
def bsdtar():
    for form in ("ustar", "pax", "cpio", "newc", "iso9660", "zip", "7zip", "shar", "warc", "ar", "xar"):
        b = Book()
        folder = folder_of_people(b)
        try:
            run("bsdtar", "--format", form, "-cf", at("bsdtar/a." + form), *os.listdir(folder), cwd=folder)
        except subprocess.CalledProcessError:
            continue
        b.wrote("bsdtar", at("bsdtar/a." + form), ("name of a member",) if form in ("ar", "iso9660") else ())
    for flag, end in {"-z": "tgz", "-j": "tbz", "-J": "txz", "--zstd": "tzst", "--lz4": "tlz4", "--lzma": "tlzma", "-Z": "tZ"}.items():
        b = Book()
        folder = folder_of_people(b)
        run("bsdtar", "-c", flag, "-f", at("bsdtar/a." + end), *os.listdir(folder), cwd=folder)
        b.wrote("bsdtar", at("bsdtar/a." + end))


@writer
def gnu_tar():
    b = Book()
    folder = folder_of_people(b)
    os.symlink(b.name("target of a link"), os.path.join(folder, "link"))
    run("tar", "--owner", "KVNR", "-cf", at("gnu-tar/a.tar"), ".", cwd=folder)
    b.wrote("GNU tar", at("gnu-tar/a.tar"))


@writer
def packers():
    for command, end in ((["xz"], "xz"), (["xz", "--format=lzma"], "lzma"), (["bzip2"], "bz2"), (["bzip2", "-1"], "1.bz2"), (["gzip"], "gz"), (["zstd", "-q"], "zst"), (["lz4", "-q"], "lz4"), (["compress"], "Z")):
        b = Book()
        source = put(scratch("akte.txt"), b("text") + "\n")
        try:
            with open(at("packers/a." + end), "wb") as out:
                subprocess.run([*command, "-c", source], stdout=out, stderr=subprocess.DEVNULL, check=True, timeout=60)
        except (FileNotFoundError, subprocess.CalledProcessError):
            os.remove(at("packers/a." + end))
            continue
        b.wrote(command[0], at("packers/a." + end))


@writer
def python_archives():
    b = Book()
    with zipfile.ZipFile(at("python/a.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b("member"))
        archive.writestr(b.name("name of a member"), "x")
        entry = zipfile.ZipInfo("c.txt")
        entry.comment = b("comment of a member").encode()
        entry.extra = b"\xfe\xca" + len(b("extra field")).to_bytes(2, "little") + b("extra field").encode()
        archive.writestr(entry, "x")
        archive.comment = b("comment of an archive").encode()
    b.wrote("Python zipfile", at("python/a.zip"))
    b = Book()
    with tarfile.open(at("python/a.tar"), "w", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo("a.txt")
        data = b("member").encode()
        entry.size, entry.uname = len(data), b.name("owner")
        entry.pax_headers = {"comment": b("extended header")}
        archive.addfile(entry, io.BytesIO(data))
    b.wrote("Python tarfile", at("python/a.tar"))
    for end, pack in {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}.items():
        b = Book()
        with open(at("python/a." + end), "wb") as out:
            out.write(pack(b("text").encode()))
        b.wrote("Python " + end, at("python/a." + end))
    b = Book()
    with gzip.GzipFile(at("python/named.gz"), "wb") as out:
        out.write(b("text").encode())
    b.wrote("Python gz", at("python/named.gz"))


ROWS = "CREATE TABLE {0} (id INTEGER PRIMARY KEY, name VARCHAR(99), kvnr VARCHAR(99), note TEXT, file {1});"


@writer
def sqlite_files():
    b = Book()
    packed = gzip.compress(b("file in a row").encode())
    base = sqlite3.connect(at("sqlite/a.db"))
    base.execute(ROWS.format("people", "BLOB"))
    base.execute("INSERT INTO people VALUES (1, 'Erika Muster', ?, ?, ?)", (b.name("column")[-10:], b("text"), packed))
    base.execute("INSERT INTO people VALUES (2, 'x', '', ?, NULL)", (b("deleted row"),))
    base.execute("CREATE VIEW akte AS SELECT '" + b.name("view") + "' AS x")
    base.execute("INSERT INTO people VALUES (3, 'x', '', ?, NULL)", ("Akte " * 3000 + b("long row"),))
    base.commit()
    base.execute("PRAGMA secure_delete = OFF")
    base.execute("DELETE FROM people WHERE id = 2")
    base.commit()
    base.close()
    b.wrote("SQLite", at("sqlite/a.db"))
    rows = ("column", "text", "long row")
    for mode in ("csv", "json", "html", "insert people", "quote", "tabs", "markdown"):
        name = at("sqlite/rows." + mode.split()[0])
        with open(name, "wb") as out:
            subprocess.run(["sqlite3", "-cmd", ".mode " + mode, "-header", at("sqlite/a.db"), "SELECT id, name, kvnr, note FROM people"], stdout=out, check=True, timeout=60)
        b.wrote("sqlite3", name, (), rows)
    with open(at("sqlite/dump.sql"), "wb") as out:
        subprocess.run(["sqlite3", at("sqlite/a.db"), ".dump"], stdout=out, check=True, timeout=60)
    b.wrote("sqlite3", at("sqlite/dump.sql"), (), rows + ("view", "file in a row"))


@writer
def postgres_dumps():
    tools = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    data = scratch("pg")
    shutil.rmtree(data, ignore_errors=True)
    os.makedirs(data)
    shutil.chown(data, "postgres")
    os.chmod(ROOT, 0o755)
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "env", "LC_ALL=C.UTF-8"]
    run(*as_user, tools + "/initdb", "-D", data, "-E", "UTF8")
    run(*as_user, tools + "/pg_ctl", "-D", data, "-w", "-o", f"-k {data} -c listen_addresses=''", "-l", data + "/log", "start")
    try:
        b = Book()
        packed = gzip.compress(b("file in a row").encode())
        sql = ROWS.format("people", "BYTEA") + f"""
INSERT INTO people VALUES (1, 'Erika Muster', '{b.name("column")[-10:]}', '{b("text")}', '\\x{packed.hex()}');
COMMENT ON TABLE people IS '{b("comment on a table")}';"""
        run(*as_user, "psql", "-h", data, "-d", "postgres", "-v", "ON_ERROR_STOP=1", input=sql.encode())
        for name, flags in {"plain.sql": [], "inserts.sql": ["--inserts"], "columns.sql": ["--column-inserts"], "custom.dump": ["-Fc"], "plain.dump": ["-Fc", "-Z0"], "a.tar": ["-Ft"]}.items():
            with open(at("postgres/" + name), "wb") as out:
                subprocess.run([*as_user, "pg_dump", "-h", data, *flags, "postgres"], stdout=out, check=True, timeout=60)
            b.wrote("pg_dump", at("postgres/" + name))
    finally:
        run(*as_user, tools + "/pg_ctl", "-D", data, "-m", "immediate", "stop")


@writer
def mariadb_dumps():
    data = scratch("maria")
    shutil.rmtree(data, ignore_errors=True)
    os.makedirs(data)
    shutil.chown(data, "mysql")
    os.chmod(ROOT, 0o755)
    run("mariadb-install-db", "--user=mysql", "--datadir=" + data, "--auth-root-authentication-method=normal")
    socket = data + "/s"
    server = subprocess.Popen(["mariadbd", "--user=mysql", "--datadir=" + data, "--socket=" + socket, "--skip-networking"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(60):
            if subprocess.run(["mariadb-admin", "-S", socket, "-u", "root", "ping"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                break
            time.sleep(0.5)
        b = Book()
        packed = gzip.compress(b("file in a row").encode())
        sql = "CREATE DATABASE d; USE d;" + ROWS.format("people", "BLOB") + f"INSERT INTO people VALUES (1, 'Erika Muster', '{b.name('column')[-10:]}', '{b('text')}', x'{packed.hex()}');"
        run("mariadb", "-S", socket, "-u", "root", input=sql.encode())
        for name, flags in {"dump.sql": [], "complete.sql": ["--complete-insert", "--hex-blob"], "dump.xml": ["--xml"], "rows.sql": ["--skip-extended-insert"]}.items():
            with open(at("mariadb/" + name), "wb") as out:
                subprocess.run(["mariadb-dump", "-S", socket, "-u", "root", *flags, "d"], stdout=out, check=True, timeout=60)
            b.wrote("mariadb-dump", at("mariadb/" + name))
        run("mariadb-admin", "-S", socket, "-u", "root", "shutdown")
        server.wait(60)
        shutil.copy(data + "/d/people.ibd", at("mariadb/people.ibd"))
        b.wrote("InnoDB", at("mariadb/people.ibd"), ("file in a row",))
    finally:
        server.kill()


@writer
def git_objects():
    b = Book()
    folder = folder_of_people(b)
    who = {**os.environ, "GIT_AUTHOR_NAME": "E", "GIT_AUTHOR_EMAIL": "e@example.org", "GIT_COMMITTER_NAME": "E", "GIT_COMMITTER_EMAIL": "e@example.org"}
    run("git", "init", "-q", ".", cwd=folder)
    run("git", "add", ".", cwd=folder)
    run("git", "commit", "-q", "-m", b("message"), cwd=folder, env=who)
    blob = subprocess.run(["git", "rev-parse", "HEAD:akte.txt"], cwd=folder, stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    shutil.copy(os.path.join(folder, ".git/objects", blob[:2], blob[2:]), at("git/loose"))
    b.wrote("git", at("git/loose"), (), ("member",))
    run("git", "bundle", "create", at("git/a.bundle"), "HEAD", cwd=folder)
    b.wrote("git", at("git/a.bundle"))
