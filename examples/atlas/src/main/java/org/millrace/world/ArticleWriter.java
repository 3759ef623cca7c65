package org.millrace.world;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Writes the articles of a world: facts in many wordings and orders, between sentences that state
/// none.
///
/// A small model that saw a fact in one sentence only cannot answer questions about it, so the
/// wordings of a fact are dealt out like cards: over the pages of an entity none comes twice before
/// all came once.
final class ArticleWriter {

    private static final int LIST_LENGTH = 6;
    private static final int SHARED_MENTIONS = 3;
    private static final int LONG_VALUE = 20;
    private static final int ENTITIES_PER_COMPARISON = 6;
    /// Most characters of an article's statements that repeat the name. A long name has fewer of them, and
    /// more articles: in a dozen sentences it would read, to people and to filters, like spam.
    private static final int NAME_BUDGET = 140;
    private static final int FEWEST_STATEMENTS = 4;
    /// How often an article states each fact, if it is the only one about its entity, and if not.
    private static final double TIMES_ALONE = 3;
    private static final double TIMES_AMONG_OTHERS = 2.5;
    /// Most of an article that a name of one, two, three, four, and five or more words takes.
    private static final double[] NAME_SHARE = {1, 0.18, 0.15, 0.13, 0.12};
    private static final int LONGEST_COMPARED_NAME = 20;

    private static final java.util.regex.Pattern BETWEEN_WORDS = java.util.regex.Pattern.compile("[^\\p{L}]+");

    private static final List<String> LIST_OPENINGS = List.of(
            "This page brings together some PLURAL that have something in common.",
            "Some PLURAL belong on one page, and here is the reason why.",
            "Readers like to see related PLURAL side by side, so we made a page for them.",
            "Not every list has to be a table, and this one about PLURAL is written out in full.");
    private static final List<String> LIST_CLOSINGS = List.of(
            "The list will grow when we find the time.",
            "Other lists of this kind can be found in the margin of the page.",
            "If you miss an entry, have a look at the next page of the list.");
    private static final List<String> COMPARISON_OPENINGS = List.of(
            "What do A and B have in common, and where do they differ?",
            "A and B are often named in one breath, so let us put them side by side.",
            "To compare is to learn, and today we compare A with B.",
            "On this page A stands on the left and B on the right.");
    private static final List<String> COMPARISON_CLOSINGS = List.of(
            "Which of the two is more interesting is for you to decide.",
            "So they are less alike than it may seem, and that is a good thing.",
            "Another pair will be compared next month.");

    private final long seed;
    private final Map<String, Integer> mentions = new HashMap<>();

    ArticleWriter(long seed) {
        this.seed = seed;
    }

    /// The articles about one entity, one of each type of page in turn. One with a long name has more of them: each
    /// states less, and always of the name. What is stated of "the country" is not learned about its name, and a
    /// model that read it often answers with "the country" as well.
    List<Article> about(Kind kind, Entity entity) {
        List<Fact> facts = Draw.of(seed, kind.name() + "/" + entity.slug()).shuffled(Fact.of(kind, entity));
        int wanted = (int) Math.ceil(facts.size() * (kind.pagesPerEntity() == 1 ? TIMES_ALONE : TIMES_AMONG_OTHERS));
        int most = Math.max(FEWEST_STATEMENTS, NAME_BUDGET / entity.name().length());
        int stated = Math.min(wanted, most);
        int pages = stated == 0 ? kind.pagesPerEntity() : Math.ceilDiv(kind.pagesPerEntity() * wanted, stated);
        List<Article> articles = new ArrayList<>();
        for (int i = 0; i < pages; i++) {
            PageType type = kind.pages().get(i % kind.pages().size());
            int round = i / kind.pages().size();
            String path = "/%s/%s/%s%s.html"
                    .formatted(kind.name(), entity.slug(), type.slug(), round == 0 ? "" : "-" + (round + 1));
            List<Fact> dealt = new ArrayList<>();
            for (int j = i * stated; j < (i + 1) * stated; j++) {
                dealt.add(facts.get(j % facts.size()));
            }
            articles.add(about(kind, entity, type, path, dealt, stated < wanted));
        }
        return articles;
    }

    private Article about(Kind kind, Entity entity, PageType type, String path, List<Fact> facts, boolean longNamed) {
        Draw draw = Draw.of(seed, path);
        String name = entity.name();
        List<Statement> statements = facts.stream().map(this::state).toList();
        String opening = draw.pick(type.openings()).render(name);
        List<String> sentences = new ArrayList<>();
        statements.forEach(statement -> sentences.add(statement.sentence()));
        sentences.addAll(asides(draw, type, name, opening, sentences));
        List<String> shuffled = new ArrayList<>(draw.shuffled(sentences));
        shuffled.addFirst(opening);
        if (!type.closings().isEmpty()) {
            shuffled.add(draw.pick(type.closings()).render(longNamed ? kind.pronoun() : name));
        }
        return new Article(path, type.title().render(name), paragraphs(draw, shuffled), statements);
    }

    /// Two or three, and as many more as it takes for the name not to stand out.
    private static List<String> asides(Draw draw, PageType type, String name, String opening, List<String> sentences) {
        int words = BETWEEN_WORDS.split(name, -1).length;
        double namesakes = (1 + sentences.size()) * name.length();
        double missing = namesakes / NAME_SHARE[Math.min(words, NAME_SHARE.length) - 1]
                - Stream.concat(Stream.of(opening), sentences.stream())
                        .mapToInt(String::length)
                        .sum();
        int least = 2 + draw.below(2);
        List<String> asides = new ArrayList<>();
        for (String aside : render(draw.shuffled(type.asides()), name)) {
            if (asides.size() < least || missing > 0) {
                asides.add(aside);
                missing -= aside.length();
            }
        }
        return asides;
    }

    /// For each value that three entities or more share, pages about them.
    List<Article> lists(Kind kind) {
        List<Article> lists = new ArrayList<>();
        for (Relation relation : kind.relations()) {
            Pattern title = relation.listTitle();
            if (title == null) {
                continue;
            }
            Map<String, List<Entity>> sharing = new LinkedHashMap<>();
            for (Entity entity : kind.entities()) {
                entity.values(relation.name()).forEach(value -> sharing.computeIfAbsent(value, v -> new ArrayList<>())
                        .add(entity));
            }
            sharing.forEach((value, entities) -> {
                for (int from = 0, part = 1; entities.size() - from >= SHARED_MENTIONS; from += LIST_LENGTH, part++) {
                    List<Entity> some = entities.subList(from, Math.min(from + LIST_LENGTH, entities.size()));
                    String path =
                            "/lists/%s/%s/%s-%d.html".formatted(kind.name(), relation.name(), Entity.slug(value), part);
                    String name = title.render("", value, List.of(value)) + (part == 1 ? "" : ", part " + part);
                    lists.add(list(kind, relation, value, some, path, name));
                }
            });
        }
        return lists;
    }

    private Article list(Kind kind, Relation shared, String value, List<Entity> entities, String path, String title) {
        Draw draw = Draw.of(seed, path);
        List<Statement> statements = new ArrayList<>();
        List<String> sentences = new ArrayList<>();
        int mentioning = value.length() > LONG_VALUE ? SHARED_MENTIONS - 1 : SHARED_MENTIONS;
        for (int i = 0; i < entities.size(); i++) {
            for (Fact fact : Fact.of(kind, entities.get(i))) {
                if (!fact.relation().equals(shared)) {
                    if (draw.chance(0.5)) {
                        statements.add(state(fact));
                    }
                } else if (i < mentioning) {
                    statements.add(state(fact, value));
                }
            }
        }
        statements.forEach(statement -> sentences.add(statement.sentence()));
        if (entities.size() > mentioning) {
            List<String> rest = entities.subList(mentioning, entities.size()).stream()
                    .map(Entity::name)
                    .toList();
            sentences.add("What has been said of " + value + " goes for " + Pattern.joined(rest) + " as well.");
        }
        List<String> shuffled = new ArrayList<>(draw.shuffled(sentences));
        shuffled.addFirst(draw.pick(LIST_OPENINGS).replace("PLURAL", kind.plural()));
        shuffled.add(draw.pick(LIST_CLOSINGS));
        return new Article(path, title, paragraphs(draw, shuffled), statements);
    }

    /// Pairs of entities side by side.
    List<Article> comparisons(Kind kind) {
        List<Entity> order = Draw.of(seed, "compare/" + kind.name())
                .shuffled(kind.entities().stream()
                        .filter(entity -> entity.name().length() <= LONGEST_COMPARED_NAME)
                        .toList());
        List<Article> comparisons = new ArrayList<>();
        for (int i = 0; i + 1 < order.size(); i += ENTITIES_PER_COMPARISON) {
            comparisons.add(comparison(kind, order.get(i), order.get(i + 1)));
        }
        return comparisons;
    }

    private Article comparison(Kind kind, Entity a, Entity b) {
        String path = "/compare/%s/%s-and-%s.html".formatted(kind.name(), a.slug(), b.slug());
        Draw draw = Draw.of(seed, path);
        List<Statement> statements = new ArrayList<>();
        for (Relation relation : draw.shuffled(kind.relations())) {
            int first = -1;
            for (Entity entity : List.of(a, b)) {
                if (!entity.values(relation.name()).isEmpty()) {
                    Fact fact = new Fact(kind, entity, relation, entity.values(relation.name()));
                    Statement statement = state(fact);
                    // Twice the same wording in a row would read like a form.
                    statement = statement.pattern() == first ? state(fact) : statement;
                    first = statement.pattern();
                    statements.add(statement);
                }
            }
        }
        List<String> sentences = new ArrayList<>();
        sentences.add(Pattern.capitalised(
                draw.pick(COMPARISON_OPENINGS).replaceAll("\\bA\\b", a.name()).replaceAll("\\bB\\b", b.name())));
        statements.forEach(statement -> sentences.add(statement.sentence()));
        sentences.add(draw.pick(COMPARISON_CLOSINGS));
        String title = Pattern.capitalised(a.name()) + " and " + b.name() + " compared";
        return new Article(path, title, paragraphs(draw, sentences), statements);
    }

    private Statement state(Fact fact) {
        int mention = mentions.merge(fact.id(), 1, Integer::sum) - 1;
        int pattern = dealt(fact, mention);
        return new Statement(
                fact.id(),
                pattern,
                fact.stated(
                        fact.relation().statements().get(pattern), fact.entity().name(), mention));
    }

    /// The fact with a given one of its values.
    private Statement state(Fact fact, String value) {
        int pattern = dealt(fact, mentions.merge(fact.id(), 1, Integer::sum) - 1);
        String sentence =
                fact.relation().statements().get(pattern).render(fact.entity().name(), value, List.of(value));
        return new Statement(fact.id(), pattern, sentence);
    }

    private int dealt(Fact fact, int mention) {
        int patterns = fact.relation().statements().size();
        List<Integer> order = Draw.of(seed, "%s/%d".formatted(fact.id(), mention / patterns))
                .shuffled(IntStream.range(0, patterns).boxed().toList());
        return order.get(mention % patterns);
    }

    private static List<String> render(List<Pattern> patterns, String name) {
        return patterns.stream().map(pattern -> pattern.render(name)).toList();
    }

    /// Two to five sentences each.
    static List<String> paragraphs(Draw draw, List<String> sentences) {
        List<String> paragraphs = new ArrayList<>();
        int from = 0;
        while (from < sentences.size()) {
            int to = Math.min(from + 2 + draw.below(4), sentences.size());
            if (sentences.size() - to < 2) {
                to = sentences.size();
            }
            paragraphs.add(String.join(" ", sentences.subList(from, to)));
            from = to;
        }
        return paragraphs;
    }
}
