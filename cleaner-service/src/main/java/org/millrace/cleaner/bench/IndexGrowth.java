package org.millrace.cleaner.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
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
    /// @param microsADocument processor time of the whole process, over this stretch alone: what is
    ///     comparable where other work runs beside
    /// @param bytesADocument on disk, all files of the index together
    public record Stretch(int documents, double perSecond, double microsADocument, double bytesADocument) {}

    /// `FOLDER SIZE…`: fills an index to each size in turn, and prints a line for each.
    public static void main(String[] arguments) throws IOException {
        int[] sizes = Stream.of(arguments).skip(1).mapToInt(Integer::parseInt).toArray();
        measure(
                Path.of(arguments[0]),
                stretch -> System.out.printf(
                        Locale.ROOT,
                        "%,d documents: %,.0f a second, %.0f µs of processor and %.0f bytes a document%n",
                        stretch.documents,
                        stretch.perSecond,
                        stretch.microsADocument,
                        stretch.bytesADocument),
                sizes);
    }

    /// @param folder for the index, empty or missing; left behind
    /// @param done told of each stretch as it ends
    /// @param sizes ascending
    public static void measure(Path folder, Consumer<Stretch> done, int... sizes) throws IOException {
        try (RocksStore store = RocksStore.open(folder)) {
            Duplicates duplicates =
                    new Duplicates(store, at -> Optional.of(text((int) at)), new Duplicates.Settings(3, 5));
            duplicates.beginAnew("synthetic");
            int next = 0;
            for (int size : sizes) {
                int from = next;
                long start = System.nanoTime();
                long processor = processorNanos();
                while (next < size) {
                    duplicates.add(proposal(next++));
                    if (next % BATCH == 0) {
                        duplicates.keep();
                    }
                }
                duplicates.keep();
                double seconds = (System.nanoTime() - start) / 1e9;
                done.accept(new Stretch(
                        size,
                        (size - from) / seconds,
                        (processorNanos() - processor) / 1e3 / (size - from),
                        (double) bytes(folder) / size));
            }
        }
    }

    /// Of all threads, RocksDB's among them.
    private static long processorNanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
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
        long bytes = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                try {
                    bytes += Files.size(file);
                } catch (NoSuchFileException e) {
                    // merged into another one meanwhile
                }
            }
        }
        return bytes;
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
