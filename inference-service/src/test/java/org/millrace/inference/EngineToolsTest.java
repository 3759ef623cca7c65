package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.bpe.Role;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Turn;
import org.millrace.chattemplate.ChatFormat;
import org.millrace.inference.Drawn.Finish;
import org.millrace.inference.tool.Aside;
import org.millrace.inference.tool.Call;
import org.millrace.inference.tool.CallForm;
import org.millrace.inference.tool.Tool;
import org.millrace.inference.tool.ToolRequest;
import org.millrace.inference.tool.ToolRequest.Use;
import org.millrace.inference.tool.Toolbox;

/// What an answer calls, with a decoder that says what a test wants it to say.
class EngineToolsTest {

    private static final Tokenizer TOKENIZER = TinyModel.tokenizer();
    private static final int[] PROMPT = EngineTest.prompt("the mill turns and the water runs");
    private static final Sampling GREEDY = new Sampling(0, 0, 1, 1);

    private static final String SEE = "I see.";
    private static final String WEATHER = "{\"name\": \"weather\", \"arguments\": {\"in\": \"Bern\"}}";
    private static final Tool TOOL = new Tool(
            "tools[0]",
            "weather",
            "",
            JsonNodeFactory.instance.objectNode().put("type", "object").set("properties", in()));

    private final List<Engine> engines = new ArrayList<>();

    private static JsonNode in() {
        return JsonNodeFactory.instance
                .objectNode()
                .set(
                        "in",
                        JsonNodeFactory.instance
                                .objectNode()
                                .set(
                                        "enum",
                                        JsonNodeFactory.instance.arrayNode().add("Bern")));
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (Engine engine : engines) {
            engine.stop(Duration.ofSeconds(10));
        }
    }

    @Test
    void anExpressionIsWorkedOutAndTheAnswerGoesOnBehindTheResult() throws Exception {
        int[] called = ids(SEE, SpecialToken.PYTHON_START, "12*7", SpecialToken.PYTHON_END);
        int[] forced = ids(SpecialToken.OUTPUT_START, "84", SpecialToken.OUTPUT_END);
        int[] rest = ids("It is 84.", SpecialToken.ASSISTANT_END);
        Engine engine = engine(join(called, new int[forced.length], rest));

        Answers answers = ask(engine, PROMPT, calculator(), 40);

        assertThat(answers.tokens(0)).isEqualTo(join(called, forced, rest));
        assertThat(forced(answers)).isEqualTo(range(called.length, called.length + forced.length));
        assertThat(answers.text(0)).isEqualTo("I see.It is 84.");
        assertThat(asides(answers)).containsExactly(new Aside.Expression("12*7"), new Aside.Result("84"));
        assertThat(answers.last(0).finish()).isEqualTo(Finish.STOP);
    }

    /// A trainer finds them again from the tokens alone.
    @Test
    void forcedTokensHaveTheLogProbabilitiesOfTheModel() throws Exception {
        int[] called = ids(SpecialToken.PYTHON_START, "1/0", SpecialToken.PYTHON_END);
        Engine engine = engine(join(called, new int[40], ids(SpecialToken.ASSISTANT_END)));

        Answers answers = ask(engine, PROMPT, calculator(), 50);

        assertThat(asides(answers)).endsWith(new Aside.Result("error: division by zero"));
        var scoring = new Scoring(PROMPT, List.of(answers.tokens(0)), 1);
        engine.submit(scoring);
        double[] scores = scoring.result().get(30, TimeUnit.SECONDS).getFirst();
        for (int i = 0; i < scores.length; i++) {
            assertThat(answers.of(0).get(i).logProb()).isCloseTo(scores[i], within(1e-9));
        }
        assertThat(answers.of(0)).filteredOn(Drawn::forced).isNotEmpty().allMatch(token -> token.logProb() < -5);
    }

    @Test
    void forcedTokensCountAndAnAnswerMayEndAmongThem() throws Exception {
        int[] called = ids(SpecialToken.PYTHON_START, "12*7", SpecialToken.PYTHON_END);
        Engine engine = engine(join(called, new int[40]));

        Answers answers = ask(engine, PROMPT, calculator(), called.length + 2);

        assertThat(answers.of(0)).hasSize(called.length + 2);
        assertThat(answers.last(0).finish()).isEqualTo(Finish.LENGTH);
        assertThat(asides(answers)).containsExactly(new Aside.Expression("12*7"));
        assertThat(answers.text(0)).isEmpty();
    }

    @Test
    void stopTextsAndStopIdsAreOfWhatTheAssistantSays() throws Exception {
        int[] called = ids("ab", SpecialToken.PYTHON_START, "80+4", SpecialToken.PYTHON_END);
        int[] forced = ids(SpecialToken.OUTPUT_START, "84", SpecialToken.OUTPUT_END);
        Engine engine = engine(join(called, new int[forced.length], ids("cd 84 more")));
        var answers = new Answers(1);

        engine.submit(new Generation(
                PROMPT,
                GREEDY,
                1,
                new Generation.Ending(60, false, List.of("84", "80+4", "bc"), Set.of(forced[forced.length - 1])),
                Generation.Extras.NONE,
                Generation.Priority.USER,
                null,
                calculator(),
                answers));

        assertThat(answers.text(0)).isEqualTo("abcd ");
        assertThat(answers.last(0).finish()).isEqualTo(Finish.STOP);
        assertThat(answers.tokens(0)).startsWith(join(called, forced));
    }

    @Test
    void withoutToolsACallIsText() throws Exception {
        int[] script = ids(SpecialToken.PYTHON_START, "12*7", SpecialToken.PYTHON_END, "x", SpecialToken.ASSISTANT_END);

        Answers answers = ask(engine(script), PROMPT, Toolbox.NONE, 40);

        assertThat(answers.tokens(0)).isEqualTo(script);
        assertThat(answers.text(0)).isEqualTo("12*7x");
        assertThat(asides(answers)).isEmpty();
    }

    @Test
    void aCallThatNobodyEndedIsText() throws Exception {
        int[] script = ids("a", SpecialToken.PYTHON_START, "12*7", SpecialToken.ASSISTANT_END);

        Answers answers = ask(engine(script), PROMPT, calculator(), 40);

        assertThat(answers.text(0)).isEqualTo("a12*7");
        assertThat(asides(answers)).isEmpty();
    }

    @Test
    void anAnswerEndsWithTheCallOfAToolThatTheCallerHas() throws Exception {
        int[] script = ids(SEE, SpecialToken.PYTHON_START, WEATHER, SpecialToken.PYTHON_END);

        Answers answers = ask(engine(script), PROMPT, tools(false), 100);

        assertThat(answers.tokens(0)).isEqualTo(script);
        assertThat(answers.text(0)).isEqualTo(SEE);
        assertThat(asides(answers)).containsExactly(weather());
        assertThat(answers.last(0).finish()).isEqualTo(Finish.CALL);
    }

    @Test
    void aToolThatNobodyHasIsAnError() throws Exception {
        int[] script = ids(SpecialToken.PYTHON_START, WEATHER.replace("weather", "time"), SpecialToken.PYTHON_END);
        int[] rest = Arrays.copyOf(script, script.length + 40);
        Arrays.fill(rest, script.length, rest.length, TOKENIZER.id(SpecialToken.ASSISTANT_END));

        Answers answers = ask(engine(rest), PROMPT, tools(false), 150);

        assertThat(asides(answers)).endsWith(new Aside.Result("error: there is no such tool"));
        assertThat(answers.last(0).finish()).isEqualTo(Finish.STOP);
    }

    @Test
    void callsBetweenTagsAndCallsWithoutMarksAreRead() throws Exception {
        int begin = TOKENIZER.id(SpecialToken.USER_START);
        int end = TOKENIZER.id(SpecialToken.USER_END);
        var tagged = new CallForm(begin, end, -1, -1, "arguments");
        var whole = new CallForm(begin, -1, -1, -1, "parameters");
        int[] two = ids(
                "a",
                SpecialToken.USER_START,
                "\n" + WEATHER + "\n",
                SpecialToken.USER_END,
                "\n",
                SpecialToken.USER_START,
                WEATHER);
        int[] script = join(two, ids(SpecialToken.USER_END, "\n", SpecialToken.ASSISTANT_END));

        Answers ofTagged = ask(engine(script), PROMPT, box(tagged), 200);
        Answers ofMarked = ask(engine(join(ids(SpecialToken.USER_START, WEATHER), script)), PROMPT, box(whole), 90);
        Answers ofWhole = ask(
                engine(ids(WEATHER.replace("arguments", "parameters"), SpecialToken.ASSISTANT_END)),
                PROMPT,
                box(whole),
                90);
        Answers ofNone = ask(engine(ids("{\"name\": 3}", SpecialToken.ASSISTANT_END)), PROMPT, box(whole), 90);

        assertThat(asides(ofTagged)).containsExactly(weather(), weather());
        assertThat(ofTagged.text(0)).isEqualTo("a");
        assertThat(ofTagged.last(0).finish()).isEqualTo(Finish.CALL);
        assertThat(asides(ofWhole)).containsExactly(weather());
        assertThat(ofWhole.text(0)).isEmpty();
        assertThat(ofWhole.last(0).finish()).isEqualTo(Finish.CALL);
        assertThat(asides(ofMarked)).isEmpty(); // more than a call follows
        assertThat(ofMarked.text(0)).startsWith(WEATHER + "a");
        assertThat(ofNone.text(0)).isEqualTo("{\"name\": 3}");
        assertThat(ofNone.last(0).finish()).isEqualTo(Finish.STOP);
    }

    @Test
    void aRequiredCallIsOneWhateverTheModelWouldSay() throws Exception {
        ToolRequest request = ToolRequest.of(List.of(TOOL), "required", Use.WHERE_IT_CAN);
        int[] opened = request.opened(PROMPT, TOKENIZER);
        Engine engine = engine(ids("no"));
        var answers = new Answers(4);

        engine.submit(new Generation(
                opened,
                new Sampling(1, 0, 1, 7),
                4,
                new Generation.Ending(400, false, List.of(), Set.of()),
                Generation.Extras.NONE,
                Generation.Priority.USER,
                request.grammar(TOKENIZER).orElseThrow(),
                request.toolbox(TOKENIZER, true),
                answers));

        assertThat(opened).endsWith(TOKENIZER.id(SpecialToken.PYTHON_START)).hasSize(PROMPT.length + 1);
        for (int sample = 0; sample < 4; sample++) {
            Drawn last = answers.last(sample);
            assertThat(last.finish()).isEqualTo(Finish.CALL);
            assertThat(last.asides()).singleElement().isInstanceOfSatisfying(Aside.Asked.class, asked -> assertThat(
                            asked.call().name())
                    .isEqualTo("weather"));
            assertThat(answers.text(sample)).isEmpty();
        }
    }

    /// A client sends the conversation again, with what it was told of: what was drawn and forced lies in the cache.
    @ParameterizedTest
    @ValueSource(strings = {"12*7", " 12 * 7", "{\"name\":\"calculator\", \"arguments\":{\"expression\": \"12*7\"}}"})
    void theNextTurnFindsTheCallAndItsResultInTheCache(String expression) throws Exception {
        ChatFormat chat = ChatFormat.own(TOKENIZER);
        List<Turn> turns = new ArrayList<>(List.of(new Turn(Role.USER, "12*7?")));
        int[] prompt = chat.prompt(turns);
        int[] called = ids(SpecialToken.PYTHON_START, expression, SpecialToken.PYTHON_END);
        int[] forced = ids(SpecialToken.OUTPUT_START, "84", SpecialToken.OUTPUT_END);
        Engine engine = engine(prompt.length, join(called, new int[forced.length + 1]));
        Answers first = ask(engine, prompt, calculator(), called.length + forced.length);
        for (Aside aside : asides(first)) {
            turns.add(
                    switch (aside) {
                        case Aside.Asked(Call _, String text) -> new Turn(Role.TOOL_CALL, text);
                        case Aside.Expression(String text) -> new Turn(Role.TOOL_CALL, text);
                        case Aside.Result(String text) -> new Turn(Role.TOOL_OUTPUT, text);
                    });
        }
        int[] both = chat.prompt(turns);

        Answers second = ask(engine, both, calculator(), 1);

        second.await();
        assertThat(turns).hasSize(3);
        assertThat(second.known()).isEqualTo(join(prompt, called, forced).length - 1);
        assertThat(both).hasSize(second.known() + 1);
    }

    private Engine engine(int[] script) {
        return engine(PROMPT.length, script);
    }

    private Engine engine(int prompt, int[] script) {
        var engine = new Engine(
                "tools",
                RememberingDecoder.scripted(TinyModel.config().vocabulary(), 5, prompt, script),
                TinyModel.config(512),
                TOKENIZER,
                TinyModel.config().eosId(),
                new Engine.Limits(4, 64, 8, Duration.ofDays(1), 0.3),
                new Tally(),
                (thread, cause) -> {});
        engines.add(engine);
        engine.start();
        return engine;
    }

    private static Answers ask(Engine engine, int[] prompt, Toolbox tools, int maxTokens) throws Exception {
        var answers = new Answers(1);
        engine.submit(new Generation(
                prompt,
                GREEDY,
                1,
                new Generation.Ending(maxTokens, false, List.of(), Set.of()),
                Generation.Extras.NONE,
                Generation.Priority.USER,
                null,
                tools,
                answers));
        answers.await();
        return answers;
    }

    private static Toolbox calculator() {
        return new ToolRequest(List.of(), false, Use.YES).toolbox(TOKENIZER, false);
    }

    private static Toolbox tools(boolean required) {
        return new ToolRequest(List.of(TOOL), required, Use.WHERE_IT_CAN).toolbox(TOKENIZER, true);
    }

    private static Toolbox box(CallForm form) {
        return new Toolbox(form, false, Set.of("weather"), false, false);
    }

    private static Aside weather() {
        return new Aside.Asked(
                new Call("weather", JsonNodeFactory.instance.objectNode().put("in", "Bern")), WEATHER);
    }

    private static List<Aside> asides(Answers answers) throws Exception {
        return answers.of(0).stream().flatMap(token -> token.asides().stream()).toList();
    }

    /// Where forced tokens stand.
    private static int[] forced(Answers answers) throws Exception {
        List<Drawn> all = answers.of(0);
        return IntStream.range(0, all.size()).filter(i -> all.get(i).forced()).toArray();
    }

    private static int[] range(int from, int to) {
        return IntStream.range(from, to).toArray();
    }

    /// @param parts texts and special tokens
    private static int[] ids(Object... parts) {
        return Stream.of(parts)
                .map(part -> part instanceof SpecialToken token
                        ? new int[] {TOKENIZER.id(token)}
                        : TOKENIZER.encode(part.toString()))
                .reduce(new int[0], EngineToolsTest::join);
    }

    private static int[] join(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }
}
