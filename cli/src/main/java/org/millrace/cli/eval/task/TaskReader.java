package org.millrace.cli.eval.task;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.millrace.cli.Failure;
import org.millrace.cli.lines.Fields;
import org.millrace.cli.lines.Lines;

/// Reads a task from a file, as `docs/formats/eval.md` has it: lines of JSON, or a text that is one document.
/// Each mistake is a [Failure] `FILE:LINE: FIELD: expected WHAT, got VALUE`.
public final class TaskReader {

    private static final String LINES = ".jsonl";

    private final Path file;
    private final List<Item> items = new ArrayList<>();

    private TaskReader(Path file) {
        this.file = file;
    }

    public static Task read(Path file) throws IOException {
        return new TaskReader(file).read(Lines.bytes("--task", file));
    }

    private Task read(byte[] bytes) {
        String fileName = String.valueOf(file.getFileName());
        if (!fileName.endsWith(LINES)) {
            String text = Lines.text(file, bytes);
            if (text.isEmpty()) {
                throw new Failure("%s: expected a text, got nothing".formatted(file));
            }
            items.add(new Item.Document(text));
            return task(Header.of(Kind.BITS_PER_BYTE, withoutEnd(fileName)), bytes);
        }
        Header header = null;
        for (Fields fields : Lines.of(file, bytes)) {
            if (header == null) {
                boolean isHeader = fields.has("task");
                String name = withoutEnd(fileName);
                header = isHeader ? Header.read(fields, name) : Header.of(ItemReader.kind(fields), name);
                if (isHeader) {
                    continue;
                }
            }
            items.add(ItemReader.read(fields, header));
        }
        if (header == null || items.isEmpty()) {
            throw new Failure("%s: expected at least one item, got none".formatted(file));
        }
        if (header.form().shots() >= items.size()) {
            throw new Failure("%s: shots: expected fewer than the %d items of the file, got %d"
                    .formatted(file, items.size(), header.form().shots()));
        }
        return task(header, bytes);
    }

    private Task task(Header header, byte[] bytes) {
        return new Task(header.name(), sha256(bytes), header.kind(), header.form(), items, items.size());
    }

    private static String withoutEnd(String name) {
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
