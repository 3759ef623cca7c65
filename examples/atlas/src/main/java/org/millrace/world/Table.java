package org.millrace.world;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A file of tab-separated values: a header, then one row per line. Blank lines and lines that
/// start with `#` are skipped. A cell may hold several values separated by `|`, or none.
final class Table {

    private static final String FORBIDDEN = "{}<>\"";

    private final String file;
    private final List<String> columns;
    private final List<Row> rows;

    /// @param line where the row stands in the file, from 1
    record Row(int line, Map<String, List<String>> cells) {}

    private Table(String file, List<String> columns, List<Row> rows) {
        this.file = file;
        this.columns = columns;
        this.rows = rows;
    }

    static Table read(Path path) throws IOException {
        String file = String.valueOf(path.getFileName());
        List<String> lines;
        try {
            lines = Files.readAllLines(path);
        } catch (NoSuchFileException e) {
            throw new BadWorld(file, 1, "file", "a file in " + path.getParent(), "none");
        } catch (CharacterCodingException e) {
            throw new BadWorld(file, 1, "file", "UTF-8 text", "other bytes");
        }
        List<String> columns = List.of();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            if (columns.isEmpty()) {
                columns = header(file, i + 1, line);
            } else {
                rows.add(row(file, i + 1, line, columns));
            }
        }
        if (columns.isEmpty()) {
            throw new BadWorld(file, 1, "header", "names of columns separated by tabs", "an empty file");
        }
        return new Table(file, columns, List.copyOf(rows));
    }

    List<String> columns() {
        return columns;
    }

    List<Row> rows() {
        return rows;
    }

    BadWorld bad(int line, String column, String expected, String got) {
        return new BadWorld(file, line, column, expected, got);
    }

    private static List<String> header(String file, int line, String text) throws BadWorld {
        List<String> columns = new ArrayList<>();
        for (String column : text.split("\t", -1)) {
            String name = column.strip();
            if (name.isEmpty()) {
                throw new BadWorld(
                        file, line, "header", "a name for each column", "none for column " + (columns.size() + 1));
            }
            if (columns.contains(name)) {
                throw new BadWorld(file, line, "header", "each column once", "a second " + name);
            }
            columns.add(name);
        }
        return List.copyOf(columns);
    }

    private static Row row(String file, int line, String text, List<String> columns) throws BadWorld {
        String[] cells = text.split("\t", -1);
        if (cells.length != columns.size()) {
            throw new BadWorld(
                    file,
                    line,
                    "row",
                    "%d cells (%s)".formatted(columns.size(), String.join(", ", columns)),
                    String.valueOf(cells.length));
        }
        Map<String, List<String>> row = new LinkedHashMap<>();
        for (int i = 0; i < cells.length; i++) {
            row.put(columns.get(i), values(file, line, columns.get(i), cells[i].strip()));
        }
        return new Row(line, row);
    }

    private static List<String> values(String file, int line, String column, String cell) throws BadWorld {
        if (cell.isEmpty()) {
            return List.of();
        }
        if (cell.chars().anyMatch(c -> FORBIDDEN.indexOf(c) >= 0)) {
            throw new BadWorld(file, line, column, "no character of " + FORBIDDEN, cell);
        }
        List<String> values = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (String part : cell.split("\\|", -1)) {
            String value = part.strip();
            if (value.isEmpty()) {
                throw new BadWorld(file, line, column, "a value on both sides of |", cell);
            }
            if (!seen.add(Grader.normalised(value))) {
                throw new BadWorld(file, line, column, "each value once", value);
            }
            values.add(value);
        }
        return List.copyOf(values);
    }
}
