package org.millrace.world;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Finds the question that a text asks: one of the world's, or one of its wordings about a name
/// that the world does not have.
public final class Questions {

    private final World world;
    private final Map<String, Question> byText = new HashMap<>();

    public Questions(World world) {
        this.world = world;
        world.questions().forEach(question -> byText.put(Grader.normalised(question.text()), question));
    }

    public Optional<Question> find(String text) {
        Question known = byText.get(Grader.normalised(text));
        return known != null ? Optional.of(known) : aboutAnUnknownName(text);
    }

    /// The words where the name should be, in a question of a kind about which made-up names are
    /// asked.
    private Optional<Question> aboutAnUnknownName(String text) {
        String asked = text.strip();
        for (Kind kind : world.kinds()) {
            if (kind.invented()) {
                for (Relation relation : kind.relations()) {
                    for (int i = 0; i < relation.questions().size(); i++) {
                        String[] around = relation.questions().get(i).text().split("\\{name(?:'s)?}", 2);
                        if (fits(asked, around)) {
                            String name = asked.substring(around[0].length(), asked.length() - around[1].length());
                            return Optional.of(world.unknown(kind, relation, i, name));
                        }
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static boolean fits(String asked, String[] around) {
        return asked.length() > around[0].length() + around[1].length()
                && asked.regionMatches(true, 0, around[0], 0, around[0].length())
                && asked.regionMatches(true, asked.length() - around[1].length(), around[1], 0, around[1].length());
    }
}
