package org.millrace.trainer.kafka;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/// Up to where a run has read a topic: the next offset of each partition. A later attempt reads no
/// further, so that its data are the same.
record Horizon(SortedMap<Integer, Long> next) {

    private static final String END = "end";

    boolean has(ConsumerRecord<?, ?> record) {
        return record.offset() < next.getOrDefault(record.partition(), 0L);
    }

    /// What [#write] left; empty if there is nothing, or nothing whole.
    static Optional<Horizon> read(Path file) throws IOException {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.ISO_8859_1); // any bytes are some text
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (!text.matches("([0-9]{1,9} [0-9]{1,18}\n)*" + END + "\n")) {
            return Optional.empty();
        }
        SortedMap<Integer, Long> next = new TreeMap<>();
        for (String line : text.lines().toList()) {
            if (!line.equals(END)) {
                String[] pair = line.split(" ", 2);
                next.put(Integer.valueOf(pair[0]), Long.valueOf(pair[1]));
            }
        }
        return Optional.of(new Horizon(next));
    }

    /// A line a partition, then one that says it is whole; forced to the disk before it has its name.
    void write(Path file) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (Map.Entry<Integer, Long> partition : next.entrySet()) {
            lines.append(partition.getKey())
                    .append(' ')
                    .append(partition.getValue())
                    .append('\n');
        }
        lines.append(END).append('\n');
        Files.createDirectories(file.toAbsolutePath().getParent());
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try (FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
