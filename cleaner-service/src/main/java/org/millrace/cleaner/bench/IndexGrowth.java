package org.millrace.cleaner.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.millrace.cleaner.duplicate.Duplicates;
import org.millrace.cleaner.duplicate.MinHash;
import org.millrace.cleaner.duplicate.Paragraphs;
import org.millrace.cleaner.duplicate.Proposal;
import org.millrace.cleaner.rocksdb.RocksStore;

/// How the index of duplicates behaves as it grows: documents a second, and bytes a document on disk.
///
/// Synthetic documents without a broker: one in ten is a near duplicate of an earlier one, every host has
/// a thousand pages with the same footer, and everything else is said once. Stored in batches of a
/// hundred, as the service does.
public final class IndexGrowth {

    private static final int BATCH = 100;
    private static final int PAGES_A_HOST = 1_000;
    private static final int PARAGRAPHS = 8;

    private IndexGrowth() {}

    /// @param documents in the index at the end of the stretch
    /// @param perSecond documents, over this stretch alone
    /// @param bytesADocument on disk, all files of the index together
    public record Stretch(int documents, double perSecond, double bytesADocument) {}

    /// `FOLDER SIZE…`: fills an index to each size in turn, and prints a line for each.
    public static void main(String[] arguments) throws IOException {
        int[] sizes = Stream.of(arguments).skip(1).mapToInt(Integer::parseInt).toArray();
        for (Stretch stretch : measure(Path.of(arguments[0]), sizes)) {
            System.out.printf(
                    Locale.ROOT,
                    "%,d documents: %,.0f a second, %.0f bytes a document%n",
                    stretch.documents,
                    stretch.perSecond,
                    stretch.bytesADocument);
        }
    }

    /// @param folder for the index, empty or missing; left behind
    /// @param sizes ascending
    public static List<Stretch> measure(Path folder, int... sizes) throws IOException {
        List<Stretch> stretches = new ArrayList<>();
        try (RocksStore store = RocksStore.open(folder)) {
            Duplicates duplicates =
                    new Duplicates(store, at -> Optional.of(text((int) at)), new Duplicates.Settings(3, 5));
            duplicates.beginAnew("synthetic");
            int next = 0;
            for (int size : sizes) {
                int from = next;
                long start = System.nanoTime();
                while (next < size) {
                    duplicates.add(proposal(next++));
                    if (next % BATCH == 0) {
                        duplicates.keep();
                    }
                }
                duplicates.keep();
                double seconds = (System.nanoTime() - start) / 1e9;
                stretches.add(new Stretch(size, (size - from) / seconds, (double) bytes(folder) / size));
            }
        }
        return stretches;
    }

    private static Proposal proposal(int number) {
        String text = text(number);
        return new Proposal(
                sha256(text),
                "https://host-%06d.example/section/%d/page-%08d.html".formatted(host(number), number % 7, number),
                text.length(),
                signature(number),
                Paragraphs.edges(text),
                number);
    }

    private static int host(int number) {
        return number / PAGES_A_HOST;
    }

    /// Like that of another, but for 40 of 112 values, every tenth time.
    private static int[] signature(int number) {
        SplittableRandom random = new SplittableRandom(number);
        if (number % 10 != 9) {
            return random.ints(MinHash.SIZE).toArray();
        }
        int[] near = signature(random.nextInt(number / 10 + 1) * 10);
        for (int i = 0; i < 40; i++) {
            near[i] = random.nextInt();
        }
        return near;
    }

    private static String text(int number) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < PARAGRAPHS; i++) {
            text.append("Paragraph ")
                    .append(i)
                    .append(" of page ")
                    .append(number)
                    .append(" says something.\n\n");
        }
        return text.append("The footer of host ")
                .append(host(number))
                .append('.')
                .toString();
    }

    private static long bytes(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            long bytes = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                bytes += Files.size(file);
            }
            return bytes;
        }
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
