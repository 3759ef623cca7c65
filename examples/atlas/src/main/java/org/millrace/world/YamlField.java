package org.millrace.world;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/// A value in a YAML file that knows where it stands, so that every complaint can say so.
final class YamlField {

    private final String file;
    private final String path;
    private final int line;
    private final Node node;

    /// @param named where the field is named: its key, or itself in a list
    private YamlField(String file, String path, Node named, Node node) {
        this.file = file;
        this.path = path;
        this.line = named.getStartMark().getLine() + 1;
        this.node = node;
    }

    static YamlField read(Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        try (Reader reader = Files.newBufferedReader(file)) {
            Node node = new Yaml(new LoaderOptions()).compose(reader);
            if (node == null) {
                throw new BadWorld(name, 1, "file", "fields", "an empty file");
            }
            return new YamlField(name, "", node, node);
        } catch (NoSuchFileException e) {
            throw new BadWorld(name, 1, "file", "a file in " + file.getParent(), "none");
        } catch (CharacterCodingException e) {
            throw new BadWorld(name, 1, "file", "UTF-8 text", "other bytes");
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
            throw new BadWorld(name, line, "file", "YAML", String.valueOf(e.getProblem()));
        }
    }

    BadWorld bad(String expected, String got) {
        return new BadWorld(file, line, path.isEmpty() ? "file" : path, expected, got);
    }

    /// The fields of a map in the order of the file.
    Map<String, YamlField> fields() throws BadWorld {
        if (!(node instanceof MappingNode mapping)) {
            throw bad("fields", describe());
        }
        Map<String, YamlField> fields = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            YamlField key = new YamlField(file, path, tuple.getKeyNode(), tuple.getKeyNode());
            String name = key.text();
            String inside = path.isEmpty() ? name : path + "." + name;
            if (fields.put(name, new YamlField(file, inside, tuple.getKeyNode(), tuple.getValueNode())) != null) {
                throw new YamlField(file, inside, tuple.getKeyNode(), tuple.getKeyNode())
                        .bad("each field once", "a second " + name);
            }
        }
        return fields;
    }

    /// The fields of a map of which only some names are allowed.
    Map<String, YamlField> fields(Set<String> allowed) throws BadWorld {
        Map<String, YamlField> fields = fields();
        for (Map.Entry<String, YamlField> field : fields.entrySet()) {
            if (!allowed.contains(field.getKey())) {
                throw field.getValue().bad("one of the fields " + String.join(", ", allowed), field.getKey());
            }
        }
        return fields;
    }

    YamlField required(Map<String, YamlField> fields, String name) throws BadWorld {
        YamlField field = fields.get(name);
        if (field == null) {
            throw bad("a field " + name, "only " + String.join(", ", fields.keySet()));
        }
        return field;
    }

    List<YamlField> items() throws BadWorld {
        if (!(node instanceof SequenceNode sequence)) {
            throw bad("a list", describe());
        }
        List<YamlField> items = new ArrayList<>();
        for (Node item : sequence.getValue()) {
            items.add(new YamlField(file, "%s[%d]".formatted(path, items.size()), item, item));
        }
        return items;
    }

    String text() throws BadWorld {
        if (!(node instanceof ScalarNode scalar) || scalar.getTag().equals(Tag.NULL)) {
            throw bad("text", describe());
        }
        String text = scalar.getValue().strip();
        if (text.isEmpty()) {
            throw bad("text", "nothing");
        }
        return text;
    }

    long integer(long min, long max) throws BadWorld {
        String text = text();
        try {
            long value = Long.parseLong(text);
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw bad("a whole number", text);
        }
        throw bad("a whole number from %d to %d".formatted(min, max), text);
    }

    boolean flag(@Nullable YamlField field, boolean otherwise) throws BadWorld {
        if (field == null) {
            return otherwise;
        }
        return switch (field.text()) {
            case "true" -> true;
            case "false" -> false;
            case String text -> throw field.bad("true or false", text);
        };
    }

    private String describe() {
        return switch (node) {
            case ScalarNode scalar -> scalar.getValue().isEmpty() ? "nothing" : scalar.getValue();
            case SequenceNode sequence -> "a list of " + sequence.getValue().size();
            case MappingNode mapping -> "a map of " + mapping.getValue().size();
            default -> node.getNodeId().toString();
        };
    }
}
