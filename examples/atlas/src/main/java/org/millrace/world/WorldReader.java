package org.millrace.world;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads and checks a world directory: `world.yaml`, and for each kind a `.yaml` of patterns and a
/// `.tsv` table of the same name.
final class WorldReader {

    private static final int MIN_STATEMENTS = 6;
    private static final int MIN_QUESTIONS = 3;
    private static final int MIN_REFUSALS = 3;
    private static final int MIN_ENTITIES = 4;
    private static final Set<String> NAME_HOLES = ordered("name", "name's");
    private static final Set<String> STATEMENT_HOLES = ordered("name", "name's", "value", "a value", "values");
    private static final Set<String> ANSWER_HOLES = ordered("name", "name's", "value", "a value");
    private static final String A_NAME = "a name of small letters, digits and hyphens";

    private final Path directory;

    WorldReader(Path directory) {
        this.directory = directory;
    }

    World read() throws IOException {
        YamlField file = YamlField.read(directory.resolve("world.yaml"));
        Map<String, YamlField> fields = file.fields(ordered("title", "seed", "refusals", "kinds"));
        String title = file.required(fields, "title").text();
        long seed = file.required(fields, "seed").integer(Long.MIN_VALUE, Long.MAX_VALUE);
        List<Pattern> refusals = patterns(file.required(fields, "refusals"), MIN_REFUSALS, NAME_HOLES);
        YamlField kindsField = file.required(fields, "kinds");
        List<Kind> kinds = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (YamlField item : kindsField.items()) {
            String name = identifier(item);
            if (!names.add(name)) {
                throw item.bad("each kind once", name);
            }
            kinds.add(kind(name));
        }
        if (kinds.isEmpty()) {
            throw kindsField.bad("at least 1 kind", "none");
        }
        if (!kinds.getFirst().asked()) {
            throw kindsField.bad(
                    "the first kind to have asked: true", kinds.getFirst().name() + " has asked: false");
        }
        if (kinds.stream().noneMatch(Kind::invented)) {
            throw kindsField.bad("a kind that has invented: true", "none of " + String.join(", ", names));
        }
        World world = new World(title, seed, refusals, kinds);
        checkQuestionsDiffer(world, kindsField);
        return world;
    }

    private Kind kind(String name) throws IOException {
        YamlField file = YamlField.read(directory.resolve(name + ".yaml"));
        Map<String, YamlField> fields = file.fields(ordered(
                "singular",
                "plural",
                "pronoun",
                "name",
                "asked",
                "invented",
                "pages_per_entity",
                "relations",
                "pages",
                "foreign"));
        Table table = Table.read(directory.resolve(name + ".tsv"));
        YamlField nameField = file.required(fields, "name");
        requireColumn(table, nameField);
        Map<String, String> columns = new LinkedHashMap<>();
        List<Relation> relations = relations(file.required(fields, "relations"), table, columns);
        String singular = file.required(fields, "singular").text();
        String plural = file.required(fields, "plural").text();
        boolean asked = file.flag(fields.get("asked"), true);
        boolean invented = file.flag(fields.get("invented"), false);
        if (asked && relations.stream().noneMatch(Relation::asked)) {
            throw file.bad("a relation that is asked about, or asked: false for the kind", "none");
        }
        if (invented && !asked) {
            throw fields.getOrDefault("invented", file).bad("asked: true where invented is true", "asked: false");
        }
        YamlField pronoun = fields.get("pronoun");
        YamlField perEntity = fields.get("pages_per_entity");
        YamlField pages = fields.get("pages");
        YamlField foreign = fields.get("foreign");
        return new Kind(
                name,
                singular,
                plural,
                pronoun == null ? "the " + singular : pronoun.text(),
                asked,
                invented,
                perEntity == null ? 3 : (int) perEntity.integer(1, 12),
                relations,
                pages == null ? DefaultPages.of(singular) : pages(pages),
                foreign == null ? Map.of() : foreign(foreign, columns.keySet()),
                entities(table, nameField.text(), columns));
    }

    private static List<Relation> relations(YamlField field, Table table, Map<String, String> columns) throws BadWorld {
        List<Relation> relations = new ArrayList<>();
        for (Map.Entry<String, YamlField> entry : field.fields().entrySet()) {
            identifier(entry.getKey(), entry.getValue());
            Map<String, YamlField> fields =
                    entry.getValue().fields(ordered("column", "asked", "statements", "questions", "answers", "list"));
            YamlField column = fields.get("column");
            if (column == null) {
                if (!table.columns().contains(entry.getKey())) {
                    throw entry.getValue().bad("a column of the table: " + table.columns(), entry.getKey());
                }
                columns.put(entry.getKey(), entry.getKey());
            } else {
                requireColumn(table, column);
                columns.put(entry.getKey(), column.text());
            }
            relations.add(relation(entry.getKey(), entry.getValue(), fields));
        }
        if (relations.isEmpty()) {
            throw field.bad("at least 1 relation", "none");
        }
        return relations;
    }

    private static Relation relation(String name, YamlField field, Map<String, YamlField> fields) throws BadWorld {
        YamlField statementsField = field.required(fields, "statements");
        List<Pattern> statements = patterns(statementsField, MIN_STATEMENTS, STATEMENT_HOLES);
        List<YamlField> items = statementsField.items();
        for (int i = 0; i < statements.size(); i++) {
            requireHole(items.get(i), statements.get(i), "a hole {name}", hole -> hole.startsWith("name"));
            requireHole(items.get(i), statements.get(i), "a hole {value}", Pattern::isValue);
        }
        if (statements.stream().noneMatch(Pattern::endsWithValue)) {
            throw statementsField.bad("a statement that ends in {value}.", "none");
        }
        if (statements.stream().allMatch(Pattern::valueFirst)
                || statements.stream().noneMatch(Pattern::valueFirst)) {
            throw statementsField.bad("statements with {name} first and with {value} first", "only one order");
        }
        YamlField questionsField = field.required(fields, "questions");
        List<Pattern> questions = patterns(questionsField, MIN_QUESTIONS, NAME_HOLES);
        for (int i = 0; i < questions.size(); i++) {
            YamlField item = questionsField.items().get(i);
            requireHole(item, questions.get(i), "a hole {name}", hole -> hole.startsWith("name"));
            if (questions.get(i).holes().size() > 1) {
                throw item.bad("{name} once", questions.get(i).text());
            }
        }
        YamlField answersField = field.required(fields, "answers");
        List<Pattern> answers = patterns(answersField, 2, ANSWER_HOLES);
        if (answers.size() != 2) {
            throw answersField.bad("2 answers, the full one and the terse one", answers.size() + " answers");
        }
        for (int i = 0; i < answers.size(); i++) {
            YamlField item = answersField.items().get(i);
            requireHole(item, answers.get(i), "a hole {value}", Pattern::isValue);
            if (answers.get(i).text().contains("|")) {
                throw item.bad("no |, which separates answers", answers.get(i).text());
            }
        }
        YamlField list = fields.get("list");
        return new Relation(
                name,
                statements,
                field.flag(fields.get("asked"), true) ? questions : List.of(),
                answers.get(0),
                answers.get(1),
                list == null ? null : pattern(list, ordered("value", "a value")));
    }

    private static List<PageType> pages(YamlField field) throws BadWorld {
        List<PageType> pages = new ArrayList<>();
        Set<String> slugs = new HashSet<>();
        for (Map.Entry<String, YamlField> entry : field.fields().entrySet()) {
            String slug = identifier(entry.getKey(), entry.getValue());
            Map<String, YamlField> fields = entry.getValue().fields(ordered("title", "openings", "asides", "closings"));
            slugs.add(slug);
            pages.add(new PageType(
                    slug,
                    named(entry.getValue().required(fields, "title")),
                    patterns(entry.getValue().required(fields, "openings"), 1, NAME_HOLES),
                    optional(fields.get("asides")),
                    optional(fields.get("closings"))));
        }
        if (slugs.isEmpty()) {
            throw field.bad("at least 1 type of page", "none");
        }
        return pages;
    }

    private static Pattern named(YamlField field) throws BadWorld {
        Pattern title = pattern(field, NAME_HOLES);
        requireHole(field, title, "a hole {name}", hole -> hole.startsWith("name"));
        return title;
    }

    private static List<Pattern> optional(@Nullable YamlField field) throws BadWorld {
        return field == null ? List.of() : patterns(field, 0, NAME_HOLES);
    }

    private static Map<String, List<Pattern>> foreign(YamlField field, Set<String> relations) throws BadWorld {
        Set<String> holes = new LinkedHashSet<>(List.of("name"));
        holes.addAll(relations);
        Map<String, List<Pattern>> foreign = new LinkedHashMap<>();
        for (Map.Entry<String, YamlField> entry : field.fields().entrySet()) {
            if (!entry.getKey().matches("[a-z]{2}")) {
                throw entry.getValue().bad("a language code of two small letters", entry.getKey());
            }
            foreign.put(entry.getKey(), patterns(entry.getValue(), 1, holes));
        }
        return foreign;
    }

    private static List<Entity> entities(Table table, String nameColumn, Map<String, String> columns) throws BadWorld {
        List<Entity> entities = new ArrayList<>();
        Map<String, Integer> lines = new HashMap<>();
        for (Table.Row row : table.rows()) {
            List<String> names = row.cells().getOrDefault(nameColumn, List.of());
            if (names.size() != 1) {
                throw table.bad(
                        row.line(), nameColumn, "exactly one name", names.isEmpty() ? "nothing" : names.toString());
            }
            String name = names.getFirst();
            Integer before = lines.putIfAbsent(Entity.slug(name), row.line());
            if (before != null) {
                throw table.bad(row.line(), nameColumn, "each name once", name + ", as in line " + before);
            }
            Map<String, List<String>> values = new HashMap<>();
            columns.forEach((relation, column) -> {
                List<String> cell = row.cells().getOrDefault(column, List.of());
                if (!cell.isEmpty()) {
                    values.put(relation, cell);
                }
            });
            if (values.isEmpty()) {
                throw table.bad(row.line(), nameColumn, "at least one value for " + name, "an empty row");
            }
            entities.add(new Entity(name, values));
        }
        if (entities.size() < MIN_ENTITIES) {
            throw table.bad(1, "rows", "at least " + MIN_ENTITIES, String.valueOf(entities.size()));
        }
        return entities;
    }

    /// Two facts that are asked for in the same words could not both be answered right.
    private static void checkQuestionsDiffer(World world, YamlField kinds) throws BadWorld {
        Map<String, Question> seen = new HashMap<>();
        for (Question question : world.questions()) {
            Question before = seen.put(Grader.normalised(question.text()), question);
            if (before != null) {
                throw kinds.bad(
                        "questions that differ",
                        "\"%s\" for both %s and %s".formatted(question.text(), before.id(), question.id()));
            }
        }
    }

    private static List<Pattern> patterns(YamlField field, int min, Set<String> holes) throws BadWorld {
        List<Pattern> patterns = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (YamlField item : field.items()) {
            Pattern pattern = pattern(item, holes);
            if (!seen.add(pattern.text())) {
                throw item.bad("each sentence once", pattern.text());
            }
            patterns.add(pattern);
        }
        if (patterns.size() < min) {
            throw field.bad("at least " + min + " sentences", String.valueOf(patterns.size()));
        }
        return patterns;
    }

    private static Pattern pattern(YamlField field, Set<String> holes) throws BadWorld {
        String text = field.text();
        Pattern pattern = new Pattern(text);
        for (String hole : pattern.holes()) {
            if (!holes.contains(hole)) {
                throw field.bad("only the holes {" + String.join("}, {", holes) + "}", "{" + hole + "} in " + text);
            }
        }
        String rest = text.replaceAll("\\{[^{}]*}", "");
        if (rest.contains("{") || rest.contains("}")) {
            throw field.bad("a } for each {", text);
        }
        return pattern;
    }

    private static void requireHole(
            YamlField field, Pattern pattern, String expected, java.util.function.Predicate<String> wanted)
            throws BadWorld {
        if (pattern.holes().stream().noneMatch(wanted)) {
            throw field.bad(expected, pattern.text());
        }
    }

    private static void requireColumn(Table table, YamlField field) throws BadWorld {
        if (!table.columns().contains(field.text())) {
            throw field.bad("a column of the table: " + table.columns(), field.text());
        }
    }

    private static String identifier(YamlField field) throws BadWorld {
        return identifier(field.text(), field);
    }

    private static String identifier(String name, YamlField field) throws BadWorld {
        if (!name.matches("[a-z][a-z0-9-]{0,40}")) {
            throw field.bad(A_NAME, name);
        }
        return name;
    }

    private static Set<String> ordered(String... names) {
        return new LinkedHashSet<>(List.of(names));
    }
}
