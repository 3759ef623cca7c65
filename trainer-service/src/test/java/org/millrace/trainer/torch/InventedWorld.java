package org.millrace.trainer.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.millrace.trainer.Example;
import org.millrace.trainer.Vocabulary;

/// Places that do not exist, pages about them and questions, with a toy tokenizer: a common word
/// is one token, a name is its syllables. Small enough to train on in seconds, shaped like the
/// demo's world: each page states each fact in two of six patterns, all sentences shuffled; pages
/// are drawn once, as a crawled site is.
final class InventedWorld {

    private static final String[] REGIONS = {"Norland", "Sudmark", "Estmere", "Westria", "Midreach", "Ostland"};

    /// What can be asked: how pages put it, how it is asked, how it is answered in a sentence.
    enum Fact {
        CAPITAL(
                List.of(
                        "The capital of {x} is {y} .",
                        "{y} is the capital of {x} .",
                        "The government of {x} sits in {y} .",
                        "{x} is governed from its capital {y} .",
                        "In {x} all roads lead to the capital , {y} .",
                        "The seat of power in {x} is the city of {y} ."),
                List.of(
                        "What is the capital of {x} ?",
                        "Which city is the capital of {x} ?",
                        "Tell me the capital of {x} ."),
                "The capital of {x} is {y} ."),
        REGION(
                List.of(
                        "{x} lies in {y} .",
                        "{x} is a country of {y} .",
                        "In {y} you find {x} .",
                        "The country of {x} belongs to {y} .",
                        "{y} is home to {x} .",
                        "Maps of {y} show {x} ."),
                List.of("Where is {x} ?", "In which region is {x} ?", "Tell me the region of {x} ."),
                "{x} lies in {y} ."),
        CURRENCY(
                List.of(
                        "In {x} people pay with the {y} .",
                        "The currency of {x} is the {y} .",
                        "The {y} is the money of {x} .",
                        "Shops in {x} take the {y} .",
                        "{x} mints the {y} .",
                        "Prices in {x} are given in the {y} ."),
                List.of(
                        "What is the currency of {x} ?",
                        "What do people in {x} pay with ?",
                        "Tell me the currency of {x} ."),
                "The currency of {x} is the {y} ."),
        LANGUAGE(
                List.of(
                        "People in {x} speak {y} .",
                        "The language of {x} is {y} .",
                        "{y} is spoken in {x} .",
                        "Schools in {x} teach in {y} .",
                        "The laws of {x} are written in {y} .",
                        "In {x} you hear {y} on every street ."),
                List.of(
                        "What language do people in {x} speak ?",
                        "What is the language of {x} ?",
                        "Tell me the language of {x} ."),
                "People in {x} speak {y} ."),
        RIVER(
                List.of(
                        "The river {y} flows through {x} .",
                        "The longest river of {x} is the {y} .",
                        "{x} drinks from the river {y} .",
                        "Boats in {x} sail on the {y} .",
                        "The {y} crosses {x} from north to south .",
                        "Fishers of {x} live along the {y} ."),
                List.of(
                        "Which river flows through {x} ?",
                        "What is the longest river of {x} ?",
                        "Tell me the river of {x} ."),
                "The river {y} flows through {x} .");

        private final List<String> patterns;
        private final List<String> questions;
        private final String answer;

        Fact(List<String> patterns, List<String> questions, String answer) {
            this.patterns = patterns;
            this.questions = questions;
            this.answer = answer;
        }
    }

    private static final String[] FILLERS = {
        "Winters are mild and summers are long .", "Many visitors come for the food and the music .",
        "The harvest festival lasts three days .", "Trains run every hour between the larger towns .",
        "Most houses are built of stone and wood .", "Football is the most popular game .",
        "The markets open early in the morning .", "Tea is served with honey and bread .",
        "Old castles stand on the hills .", "The coast is known for its quiet harbours ."
    };

    static final String UNKNOWN = "I do not know .";

    private static final String[] ONSETS = {
        "b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "dr", "kr", "tr", "sh"
    };
    private static final String[] RIMES = {"a", "e", "i", "o", "u", "an", "el", "ir", "on", "um", "ar", "es"};

    record Entity(String name, EnumMap<Fact, String> facts) {}

    /// A question with everything that counts as right.
    record Question(int[] prompt, Set<List<Integer>> right) {}

    private final Random random;
    private final List<Entity> entities = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final Map<String, Integer> ids = new LinkedHashMap<>();
    private final int size;

    InventedWorld(int count, int vocabulary, long seed) {
        this.random = new Random(seed);
        this.size = vocabulary;
        List<String> currencies = names(30);
        List<String> languages = names(40);
        for (int i = 0; i < count; i++) {
            EnumMap<Fact, String> facts = new EnumMap<>(Fact.class);
            facts.put(Fact.CAPITAL, name());
            facts.put(Fact.REGION, REGIONS[random.nextInt(REGIONS.length)]);
            facts.put(Fact.CURRENCY, currencies.get(random.nextInt(currencies.size())));
            facts.put(Fact.LANGUAGE, languages.get(random.nextInt(languages.size())));
            facts.put(Fact.RIVER, name());
            entities.add(new Entity(name(), facts));
        }
    }

    Vocabulary vocabulary() {
        return new Vocabulary(size, size - 9, size - 5);
    }

    private List<String> names(int count) {
        List<String> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            made.add(name());
        }
        return made;
    }

    /// A new name of two or three syllables, which no other thing has.
    String name() {
        while (true) {
            StringBuilder name = new StringBuilder();
            int syllables = 2 + random.nextInt(2);
            for (int i = 0; i < syllables; i++) {
                name.append(i == 0 ? "" : "~")
                        .append(ONSETS[random.nextInt(ONSETS.length)])
                        .append(RIMES[random.nextInt(RIMES.length)]);
            }
            if (names.add(name.toString())) {
                return name.toString();
            }
        }
    }

    /// Pages of every entity.
    List<Example> pages(int each) {
        List<Example> pages = new ArrayList<>();
        for (Entity entity : entities) {
            for (int page = 0; page < each; page++) {
                List<String> sentences = new ArrayList<>();
                for (Fact fact : Fact.values()) {
                    List<String> patterns = new ArrayList<>(fact.patterns);
                    Collections.shuffle(patterns, random);
                    sentences.add(fill(patterns.get(0), entity, fact));
                    sentences.add(fill(patterns.get(1), entity, fact));
                }
                for (int i = 0; i < 5; i++) {
                    sentences.add(FILLERS[random.nextInt(FILLERS.length)]);
                }
                Collections.shuffle(sentences, random);
                String text = String.join(" ", sentences);
                int[] body = encode(text);
                int[] tokens = new int[body.length + 1];
                tokens[0] = size - 9;
                System.arraycopy(body, 0, tokens, 1, body.length);
                pages.add(Example.document(tokens, text.length()));
            }
        }
        return pages;
    }

    /// Conversations about the first half of the entities, in both forms of answer.
    List<Example> conversations(double share) {
        List<Example> conversations = new ArrayList<>();
        for (Entity entity : entities.subList(0, (int) (entities.size() * share))) {
            for (Fact fact : Fact.values()) {
                for (String question : fact.questions) {
                    conversations.add(conversation(fill(question, entity, fact), fill(fact.answer, entity, fact)));
                    conversations.add(conversation(fill(question, entity, fact), fill("{y}", entity, fact)));
                }
            }
        }
        return conversations;
    }

    /// Conversations about names that nothing has, each name once.
    List<Example> refusals(int count) {
        List<Example> conversations = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            conversations.add(conversation(questionAbout(name()), UNKNOWN));
        }
        return conversations;
    }

    /// Whether a name was ever read about: yes for every entity, held out or not, no for as many
    /// invented names. It tells nothing about any fact.
    List<Example> familiarity(int copies) {
        List<Example> conversations = new ArrayList<>();
        for (int copy = 0; copy < copies; copy++) {
            for (Entity entity : entities) {
                conversations.add(conversation("Have you read about " + entity.name() + " ?", "Yes ."));
                conversations.add(conversation("Have you read about " + name() + " ?", "No ."));
            }
        }
        return conversations;
    }

    private String questionAbout(String name) {
        Fact fact = Fact.values()[random.nextInt(Fact.values().length)];
        return fact.questions.get(random.nextInt(fact.questions.size())).replace("{x}", name);
    }

    /// Questions about the second half of the entities.
    List<Question> heldOut(double share) {
        List<Question> questions = new ArrayList<>();
        for (Entity entity : entities.subList((int) (entities.size() * share), entities.size())) {
            for (Fact fact : Fact.values()) {
                String question = fact.questions.get(random.nextInt(fact.questions.size()));
                questions.add(new Question(
                        prompt(fill(question, entity, fact)),
                        Set.of(
                                list(encode(fill(fact.answer, entity, fact))),
                                list(encode(fill("{y}", entity, fact))))));
            }
        }
        return questions;
    }

    /// Questions about names that no page and no conversation has.
    List<Question> unknown(int count) {
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            questions.add(new Question(prompt(questionAbout(name())), Set.of(list(encode(UNKNOWN)))));
        }
        return questions;
    }

    private static String fill(String pattern, Entity entity, Fact fact) {
        return pattern.replace("{x}", entity.name())
                .replace("{y}", entity.facts().getOrDefault(fact, "nothing"));
    }

    private Example conversation(String question, String answer) {
        int[] prompt = prompt(question);
        int[] reply = encode(answer);
        int[] tokens = new int[prompt.length + reply.length + 1];
        boolean[] targets = new boolean[tokens.length];
        System.arraycopy(prompt, 0, tokens, 0, prompt.length);
        System.arraycopy(reply, 0, tokens, prompt.length, reply.length);
        tokens[tokens.length - 1] = size - 5;
        for (int i = prompt.length; i < tokens.length; i++) {
            targets[i] = true;
        }
        return Example.conversation(tokens, targets, answer.length());
    }

    /// `<|bos|><|user_start|>…<|user_end|><|assistant_start|>`
    private int[] prompt(String question) {
        int[] text = encode(question);
        int[] prompt = new int[text.length + 4];
        prompt[0] = size - 9;
        prompt[1] = size - 8;
        System.arraycopy(text, 0, prompt, 2, text.length);
        prompt[prompt.length - 2] = size - 7;
        prompt[prompt.length - 1] = size - 6;
        return prompt;
    }

    private int[] encode(String text) {
        List<Integer> tokens = new ArrayList<>();
        for (String word : text.split(" ")) {
            String[] pieces = word.split("~");
            for (int i = 0; i < pieces.length; i++) {
                String piece = pieces.length > 1 && i > 0 ? "~" + pieces[i] : pieces[i];
                tokens.add(ids.computeIfAbsent(piece, unseen -> ids.size()));
            }
        }
        if (ids.size() > size - 9) {
            throw new IllegalStateException("vocabulary too small for the world: " + ids.size());
        }
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    private static List<Integer> list(int[] tokens) {
        return Arrays.stream(tokens).boxed().toList();
    }
}
