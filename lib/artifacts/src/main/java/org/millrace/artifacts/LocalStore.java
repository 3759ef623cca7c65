package org.millrace.artifacts;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/// Artifacts in a local folder: `sha256/ab/cdef…`, the name cut after two digits.
///
/// ```text
///   draft in the same file system ──► write, hash ──► fsync ──► rename ──► fsync the directory
/// ```
///
/// So a name that exists holds whole bytes, whenever the machine stopped.
public final class LocalStore implements ArtifactStore {

    private final Path root;
    private final Path names;

    LocalStore(Path root) throws IOException {
        this.root = root.toAbsolutePath().normalize();
        names = this.root.resolve("sha256");
        Files.createDirectories(names);
    }

    /// `file:relative/path` is relative to the working directory, as people expect of a setting.
    static Path path(URI root) throws IOException {
        try {
            return root.isOpaque() ? Path.of(root.getSchemeSpecificPart()) : Path.of(root);
        } catch (IllegalArgumentException e) {
            throw new IOException("artifacts: expected file:/path, got %s: %s".formatted(root, e.getMessage()), e);
        }
    }

    @Override
    public Reference put(byte[] bytes) throws IOException {
        Path stored = file(Sha256.of(bytes));
        if (holds(stored, Sha256.of(bytes), bytes.length)) {
            return new Reference(stored.toUri().toString(), Sha256.of(bytes), bytes.length);
        }
        return put(new ByteArrayInputStream(bytes));
    }

    @Override
    public Reference put(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return put(in);
        }
    }

    @Override
    public byte[] read(String sha256, long length) throws IOException {
        Path stored = file(Sha256.check(sha256));
        try {
            byte[] bytes = Files.readAllBytes(stored);
            new Sha256.Passed(Sha256.of(bytes), bytes.length).mustBe(sha256, length, stored.toString());
            return bytes;
        } catch (NoSuchFileException e) {
            throw missing(sha256, e);
        }
    }

    @Override
    public Path fetch(String sha256, long length) throws IOException {
        Path stored = file(Sha256.check(sha256));
        try (InputStream in = Files.newInputStream(stored)) {
            Sha256.copy(in, OutputStream.nullOutputStream()).mustBe(sha256, length, stored.toString());
            return stored;
        } catch (NoSuchFileException e) {
            throw missing(sha256, e);
        }
    }

    /// Stores a stream that must turn out to be the named bytes; anything else leaves no trace.
    Path accept(InputStream in, String sha256, long length, String where) throws IOException {
        Path draft = draft();
        try {
            write(draft, in).mustBe(sha256, length, where);
            publish(draft, sha256);
        } finally {
            Files.deleteIfExists(draft);
        }
        return file(sha256);
    }

    private Reference put(InputStream in) throws IOException {
        Path draft = draft();
        try {
            Sha256.Passed passed = write(draft, in);
            Path stored = file(passed.sha256());
            if (!holds(stored, passed.sha256(), passed.length())) {
                publish(draft, passed.sha256());
            }
            return new Reference(stored.toUri().toString(), passed.sha256(), passed.length());
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    private Path file(String sha256) {
        return folder(sha256).resolve(sha256.substring(2));
    }

    private Path folder(String sha256) {
        return names.resolve(sha256.substring(0, 2));
    }

    /// A damaged file under the right name is replaced by the next put, not trusted.
    private static boolean holds(Path stored, String sha256, long length) throws IOException {
        if (!Files.isRegularFile(stored, LinkOption.NOFOLLOW_LINKS) || Files.size(stored) != length) {
            return false;
        }
        try (InputStream in = Files.newInputStream(stored)) {
            return Sha256.copy(in, OutputStream.nullOutputStream()).sha256().equals(sha256);
        }
    }

    private Path draft() throws IOException {
        return Files.createTempFile(root, ".draft-", null);
    }

    private static Sha256.Passed write(Path draft, InputStream in) throws IOException {
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
            Sha256.Passed passed = Sha256.copy(in, Channels.newOutputStream(channel));
            channel.force(true);
            return passed;
        }
    }

    private void publish(Path draft, String sha256) throws IOException {
        Path stored = file(sha256);
        if (Files.getFileStore(draft).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("r--r--r--"));
        }
        Path folder = folder(sha256);
        Files.createDirectories(folder);
        Files.move(draft, stored, StandardCopyOption.ATOMIC_MOVE);
        sync(folder);
        sync(names);
    }

    /// Makes a rename durable.
    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private ArtifactMissing missing(String sha256, NoSuchFileException cause) {
        return new ArtifactMissing("artifact %s is not in %s".formatted(sha256, root), cause);
    }
}
