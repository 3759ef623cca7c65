package org.millrace.archives;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/// The pages of an archive, read one by one: never more than one of them lies in memory, however large the
/// archive is, and whatever lengths it claims.
///
/// What is damaged is counted and passed over; an [IOException] means that the bytes themselves could not
/// be had. The same archive gives the same captures in the same order. Not thread-safe.
public sealed interface Captures extends Closeable permits WarcCaptures, FolderCaptures {

    /// The next page; empty at the end.
    Optional<Capture> next() throws IOException;

    /// Goes over what an earlier reader of the same archive has looked at.
    ///
    /// @param records its [Tally#records]
    void skip(long records) throws IOException;

    /// What became of the records so far, skipped ones among the passed.
    Tally tally();

    /// A folder of HTML, text, WARC and WET files, with the folders in it, sorted by name; or one such file.
    /// Links that lead out of the folder are passed over.
    static Captures of(Path fileOrFolder, Bounds bounds) throws IOException {
        return of(fileOrFolder, bounds, _ -> {});
    }

    /// @param faults told of each, before the next page is given
    static Captures of(Path fileOrFolder, Bounds bounds, Consumer<Fault> faults) throws IOException {
        return new FolderCaptures(fileOrFolder, bounds, faults);
    }

    /// A WARC or WET file as a stream, plain or gzipped.
    ///
    /// @param name for [Capture#source]
    /// @param in closed with these captures
    static Captures of(String name, InputStream in, Bounds bounds) {
        return of(name, in, bounds, _ -> {});
    }

    /// @param faults told of each, before the next page is given
    static Captures of(String name, InputStream in, Bounds bounds, Consumer<Fault> faults) {
        return new WarcCaptures(name, in, bounds, faults);
    }

    /// True if a file starts as a WARC file does, gzipped or not.
    static boolean isWarc(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return WarcCaptures.isWarc(in);
        }
    }
}
