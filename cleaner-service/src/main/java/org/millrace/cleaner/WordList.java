package org.millrace.cleaner;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Lists of words, one entry a line: our own, which lie beside this class, and a person's files. What
/// follows a `#` and a space, or stands behind `#` at a line's start, is a comment.
public final class WordList {

    private WordList() {}

    /// @param own name of one of our lists, empty for none
    /// @param file in addition to it
    /// @throws IOException naming the file, if it cannot be read
    public static Set<String> of(String own, Optional<Path> file) throws IOException {
        Set<String> entries = new TreeSet<>();
        if (!own.isEmpty()) {
            entries.addAll(own(own));
        }
        if (file.isPresent()) {
            try {
                entries.addAll(entries(Files.readAllLines(file.get())));
            } catch (IOException e) {
                throw new IOException("list of words " + file.get() + ": cannot be read: " + e, e);
            }
        }
        return entries;
    }

    private static List<String> own(String name) throws IOException {
        InputStream resource = WordList.class.getResourceAsStream(name);
        if (resource == null) {
            throw new IllegalArgumentException("no list of words is named " + name);
        }
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(resource, StandardCharsets.UTF_8))) {
            return entries(reader.lines().toList());
        }
    }

    private static List<String> entries(List<String> lines) {
        return lines.stream()
                .map(line -> line.startsWith("#") ? "" : line.split("\\s#\\s", 2)[0].strip())
                .filter(line -> !line.isEmpty())
                .toList();
    }
}
