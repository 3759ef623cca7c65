package org.millrace.world;

import java.util.List;

/// Articles for a kind whose world describes none.
final class DefaultPages {

    private DefaultPages() {}

    static List<PageType> of(String singular) {
        return List.of(
                new PageType(
                        "profile",
                        new Pattern("{name}: a profile"),
                        patterns(
                                singular,
                                "This profile brings together what a reader should know about {name}.",
                                "Anyone who looks up {name} for the first time may begin with this page."),
                        patterns(
                                singular,
                                "Most visitors of this page want a quick and reliable overview.",
                                "There is always more to tell about a SINGULAR like this one.",
                                "The details below have been checked more than once.",
                                "Readers often ask for exactly these points."),
                        patterns(
                                singular,
                                "That is what should be remembered about {name}.",
                                "So much for a first look at this SINGULAR.")),
                new PageType(
                        "notebook",
                        new Pattern("Notes on {name}"),
                        patterns(
                                singular,
                                "These notes on {name} were collected over several years and then put in order.",
                                "Our notebook has a whole page about {name}, and here it is."),
                        patterns(
                                singular,
                                "A few of these lines were written on a train.",
                                "Not everything that was noted found its way onto this page.",
                                "It helps to read such notes twice."),
                        patterns(
                                singular,
                                "With that the notes on {name} come to an end.",
                                "More notes will follow some day.")),
                new PageType(
                        "lesson",
                        new Pattern("A lesson about {name}"),
                        patterns(
                                singular,
                                "Today the class learns about {name}, and everybody should take notes.",
                                "The subject of this lesson is {name}."),
                        patterns(
                                singular,
                                "Write the most important words into your exercise book.",
                                "Your neighbour may test you when the lesson is over.",
                                "Whoever can repeat this without looking has understood the lesson."),
                        patterns(
                                singular,
                                "Try to explain to a friend what you have learned about {name}.",
                                "The next lesson will be about another SINGULAR.")));
    }

    private static List<Pattern> patterns(String singular, String... sentences) {
        return List.of(sentences).stream()
                .map(sentence -> new Pattern(sentence.replace("SINGULAR", singular)))
                .toList();
    }
}
