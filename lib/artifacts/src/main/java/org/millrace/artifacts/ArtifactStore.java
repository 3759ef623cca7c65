package org.millrace.artifacts;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.SortedMap;

/// Keeps immutable bytes under their own hash. What comes out was verified; a put of the same bytes again
/// changes nothing. Safe for many threads and processes at once.
public sealed interface ArtifactStore permits LocalStore, S3Store {

    /// Opens the store at a root: `file:/path`, or `s3://bucket/prefix` with `endpoint` and `region` as
    /// query parameters where they are not those of the environment (`s3://b/p?endpoint=http://host:9000`).
    ///
    /// @param cache local directory for what is fetched from afar; a local root does not use it
    static ArtifactStore open(URI root, Path cache) throws IOException {
        String scheme = String.valueOf(root.getScheme());
        return switch (scheme) {
            case "file" -> new LocalStore(LocalStore.path(root));
            case "s3" -> S3Store.open(root, cache);
            default -> throw new IOException("artifacts: expected file:… or s3://bucket/…, got " + root);
        };
    }

    /// Stores bytes; on return they are durable.
    Reference put(byte[] bytes) throws IOException;

    /// Stores a copy of a file; on return it is durable.
    Reference put(Path file) throws IOException;

    /// The bytes of that hash and length.
    ///
    /// @throws ArtifactMissing if the store has none
    /// @throws ArtifactCorrupt if what it has is something else
    byte[] read(String sha256, long length) throws IOException;

    /// As [#read], as a local file. It belongs to the store: read it, never write to it or delete it.
    Path fetch(String sha256, long length) throws IOException;

    /// Stores the regular files of a flat directory; keys are their names.
    default SortedMap<String, Reference> putDirectory(Path directory) throws IOException {
        return Directories.put(this, directory);
    }

    /// Makes a local directory of stored files, named by the hash of its listing, and returns it. It
    /// appears whole or not at all; if it is there already and undamaged it is used again. Either way all
    /// its bytes have just been hashed, and are those that were asked for.
    ///
    /// @param files by name: letters, digits, `.`, `_`, `-`; not starting with a dot
    /// @param under parent of the directory; created if missing
    default Path materialise(SortedMap<String, Reference> files, Path under) throws IOException {
        return Directories.materialise(this, files, under);
    }
}
