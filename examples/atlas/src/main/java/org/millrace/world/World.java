package org.millrace.world;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

/// Facts, and what can be asked about them. The first kind is the main one.
///
/// Everything derived is deterministic: the same directory and seed give the same questions,
/// conversations and names on every machine.
///
/// @param refusalWordings the ways to say "I don't know"; may name the entity by `{name}`
public record World(String title, long seed, List<Pattern> refusalWordings, List<Kind> kinds) {

    /// Share of fine-tuning answers that are the bare value instead of a sentence.
    public static final double TERSE_SHARE = 0.1;

    public World {
        refusalWordings = List.copyOf(refusalWordings);
        kinds = List.copyOf(kinds);
    }

    /// Reads a directory of the format in `docs/formats/world.md`.
    ///
    /// @throws BadWorld when the directory breaks the format; the message says where and how
    public static World read(Path directory) throws IOException {
        return new WorldReader(directory).read();
    }

    public Kind mainKind() {
        return kinds.getFirst();
    }

    /// The first `entities` of the main kind, and of the other kinds in proportion, at least two
    /// each.
    public World limited(int entities) {
        if (entities < 2) {
            throw new IllegalArgumentException("entities: expected at least 2, got " + entities);
        }
        int all = mainKind().entities().size();
        if (entities >= all) {
            return this;
        }
        List<Kind> fewer = new ArrayList<>();
        for (Kind kind : kinds) {
            long share = Math.round((double) kind.entities().size() * entities / all);
            fewer.add(kind.first((int) Math.max(2, share)));
        }
        return new World(title, seed, refusalWordings, fewer);
    }

    /// The entities of a kind that fine-tuning never asks about: one half, chosen by a hash of the
    /// names, so the order of the rows does not matter.
    public Set<String> heldOut(Kind kind) {
        List<String> byHash = kind.entities().stream()
                .map(Entity::name)
                .sorted(Comparator.comparing((String name) -> Draw.id("held-out/" + kind.name() + "/" + name)))
                .toList();
        return Set.copyOf(byHash.subList(0, byHash.size() / 2));
    }

    /// Every wording of every question about every entity of the kinds that are asked about.
    public List<Question> questions() {
        List<Question> questions = new ArrayList<>();
        eachFact(true, (fact, heldOut) -> {
            for (int i = 0; i < fact.relation().questions().size(); i++) {
                questions.add(fact.question(i, heldOut));
            }
        });
        return List.copyOf(questions);
    }

    /// Every statement that ends in its value, of all kinds.
    public List<Cloze> cloze() {
        List<Cloze> cloze = new ArrayList<>();
        eachFact(false, (fact, heldOut) -> cloze.addAll(fact.cloze(heldOut)));
        return List.copyOf(cloze);
    }

    public List<Conversation> conversations(long drawSeed) {
        return conversations(drawSeed, TERSE_SHARE);
    }

    /// Every wording of every question about entities that are not held out, with its answer.
    ///
    /// @param terseShare how many answers are the bare value, 0 to 1
    public List<Conversation> conversations(long drawSeed, double terseShare) {
        if (!(terseShare >= 0 && terseShare <= 1)) {
            throw new IllegalArgumentException("terseShare: expected 0 to 1, got " + terseShare);
        }
        List<Conversation> conversations = new ArrayList<>();
        for (Question question : questions()) {
            if (!question.heldOut()) {
                boolean terse = Draw.of(drawSeed, question.id()).chance(terseShare);
                conversations.add(new Conversation(
                        Draw.id("conversation/" + question.id()),
                        question.text(),
                        terse ? question.terse() : question.full(),
                        false));
            }
        }
        return Draw.of(drawSeed, "conversations").shuffled(conversations);
    }

    /// Conversations about made-up names, each name used once, answered by "I don't know".
    public List<Conversation> refusals(long drawSeed, int count) {
        Draw draw = Draw.of(drawSeed, "refusals");
        List<Conversation> conversations = new ArrayList<>();
        for (Question question : invented(Invention.Use.TRAINING, draw, count)) {
            String answer = draw.pick(refusalWordings).render(question.entity());
            conversations.add(new Conversation(Draw.id("refusal/" + question.id()), question.text(), answer, true));
        }
        return List.copyOf(conversations);
    }

    /// Questions about made-up names that no refusal of any seed is about, each name used once.
    public List<Question> unknownQuestions(long drawSeed, int count) {
        return List.copyOf(invented(Invention.Use.TEST, Draw.of(drawSeed, "unknown"), count));
    }

    /// Whether the text is one of the ways to say "I don't know", and nothing else.
    public boolean isRefusal(String text) {
        return new Grader(this).isRefusal(text);
    }

    public Grade grade(Question question, String text) {
        return new Grader(this).grade(question, text);
    }

    private List<Question> invented(Invention.Use use, Draw draw, int count) {
        List<Kind> inventing = kinds.stream().filter(Kind::invented).toList();
        List<Question> questions = new ArrayList<>();
        for (int k = 0; k < inventing.size(); k++) {
            Kind kind = inventing.get(k);
            int share = count / inventing.size() + (k < count % inventing.size() ? 1 : 0);
            for (String name : new Invention(kind, this).names(use, draw, share)) {
                Relation relation = draw.pick(
                        kind.relations().stream().filter(Relation::asked).toList());
                questions.add(
                        unknown(kind, relation, draw.below(relation.questions().size()), name));
            }
        }
        return draw.shuffled(questions);
    }

    Question unknown(Kind kind, Relation relation, int wording, String name) {
        List<String> refusals =
                refusalWordings.stream().map(refusal -> refusal.render(name)).toList();
        return new Question(
                "%s/%s/%s/%d".formatted(kind.name(), Entity.slug(name), relation.name(), wording),
                kind.name(),
                name,
                relation.name(),
                relation.questions().get(wording).render(name),
                refusals,
                refusals.getFirst(),
                refusals.getFirst(),
                true,
                false);
    }

    private void eachFact(boolean askedOnly, BiConsumer<Fact, Boolean> action) {
        for (Kind kind : kinds) {
            if (kind.asked() || !askedOnly) {
                Set<String> heldOut = heldOut(kind);
                for (Entity entity : kind.entities()) {
                    Fact.of(kind, entity).forEach(fact -> action.accept(fact, heldOut.contains(entity.name())));
                }
            }
        }
    }

    /// All facts of all kinds.
    public List<Fact> facts() {
        List<Fact> facts = new ArrayList<>();
        eachFact(false, (fact, heldOut) -> facts.add(fact));
        return List.copyOf(facts);
    }
}
