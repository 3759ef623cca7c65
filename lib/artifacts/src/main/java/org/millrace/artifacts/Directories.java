package org.millrace.artifacts;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Directories that travel as a set of artifacts: checkpoints, tokenizers.
final class Directories {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}");

    private Directories() {}

    static SortedMap<String, Reference> put(ArtifactStore store, Path directory) throws IOException {
        SortedMap<String, Reference> files = new TreeMap<>();
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path file : entries.toList()) {
                String name = check(file.getFileName().toString());
                if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    throw new IOException("%s: expected a flat directory of files".formatted(file));
                }
                files.put(name, store.put(file));
            }
        }
        return files;
    }

    static Path materialise(ArtifactStore store, SortedMap<String, Reference> files, Path under) throws IOException {
        var listing = new StringBuilder();
        files.forEach((name, file) -> listing.append(check(name))
                .append(' ')
                .append(file.sha256())
                .append(' ')
                .append(file.length())
                .append('\n'));
        Path target = under.resolve(Sha256.of(listing.toString().getBytes(StandardCharsets.UTF_8)));
        if (Files.isDirectory(target)) {
            if (isWhole(target, files)) {
                return target;
            }
            delete(target);
        }
        Files.createDirectories(under);
        Path draft = Files.createTempDirectory(under, ".draft-");
        try {
            for (Map.Entry<String, Reference> file : files.entrySet()) {
                Path source =
                        store.fetch(file.getValue().sha256(), file.getValue().length());
                linkOrCopy(source, draft.resolve(file.getKey()), file.getValue());
            }
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw e;
        } catch (FileSystemException e) {
            if (!isWhole(target, files)) {
                throw e;
            }
            // Another thread or process made the same directory first.
        } finally {
            delete(draft);
        }
        return target;
    }

    private static String check(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "file name: expected letters, digits, '.', '_', '-', at most 128 and no dot first, got \"%s\""
                            .formatted(name.length() <= 128 ? name : name.substring(0, 128) + "…"));
        }
        return name;
    }

    private static boolean isWhole(Path directory, SortedMap<String, Reference> files) throws IOException {
        for (Map.Entry<String, Reference> file : files.entrySet()) {
            Path path = directory.resolve(file.getKey());
            Reference wanted = file.getValue();
            if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) || Files.size(path) != wanted.length()) {
                return false;
            }
            try (InputStream in = Files.newInputStream(path)) {
                if (!Sha256.copy(in, OutputStream.nullOutputStream()).sha256().equals(wanted.sha256())) {
                    return false;
                }
            }
        }
        return true;
    }

    /// A hard link costs no space; across file systems there is none.
    private static void linkOrCopy(Path source, Path target, Reference wanted) throws IOException {
        try {
            Files.createLink(target, source);
        } catch (FileSystemException | UnsupportedOperationException e) {
            copy(source, target, wanted);
        }
    }

    static void copy(Path source, Path target, Reference wanted) throws IOException {
        try (InputStream in = Files.newInputStream(source);
                OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW)) {
            Sha256.copy(in, out).mustBe(wanted.sha256(), wanted.length(), source.toString());
        }
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : entries.toList()) {
                Files.deleteIfExists(entry);
            }
        }
        Files.deleteIfExists(directory);
    }
}
