package org.millrace.chattemplate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.millrace.bpe.BpeTrainer;
import org.millrace.bpe.Chat;
import org.millrace.bpe.Role;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Turn;

/// [Chat] and its template in Jinja say the same, whatever the turns say.
class ChatTemplatePropertyTest {

    private static final Tokenizer TOKENIZER =
            BpeTrainer.train(List.of("the mill turns\n\nthe wheel turns in the water\n\n"), 300, merges -> {});
    private static final ChatTemplate TEMPLATE = ChatTemplate.parse(Chat.TEMPLATE);

    @Property(tries = 500)
    void aConversationHasTheSameIds(@ForAll("turns") List<Turn> turns) {
        List<Turn> whole = turns.getLast().role() == Role.ASSISTANT ? turns : with(turns, Role.ASSISTANT, "yes");

        assertThat(ids(whole, false)).isEqualTo(Chat.render(TOKENIZER, whole).ids());
    }

    @Property(tries = 500)
    void aPromptHasTheSameIds(@ForAll("turns") List<Turn> turns) {
        List<Turn> open = turns.getLast().role() == Role.USER ? turns : with(turns, Role.USER, "and?");

        assertThat(ids(open, true)).isEqualTo(Chat.prompt(TOKENIZER, open));
    }

    private static List<Turn> with(List<Turn> turns, Role role, String text) {
        List<Turn> more = new ArrayList<>(turns);
        more.add(new Turn(role, text));
        return more;
    }

    private static int[] ids(List<Turn> turns, boolean prompt) {
        List<Map<String, String>> messages = turns.stream()
                .map(turn -> Map.of("role", turn.role().name().toLowerCase(Locale.ROOT), "content", turn.text()))
                .toList();
        return ids(TEMPLATE.render(Map.of(
                "messages", messages,
                "bos_token", Text.trusted(SpecialToken.BOS.text()),
                "add_generation_prompt", prompt)));
    }

    /// Special tokens out of the template's parts; what lies between them is one text.
    private static int[] ids(List<Part> parts) {
        IntStream.Builder ids = IntStream.builder();
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            String rest = part.text();
            while (!rest.isEmpty()) {
                String from = rest;
                SpecialToken token = part.isTemplate()
                        ? Arrays.stream(SpecialToken.values())
                                .filter(special -> from.startsWith(special.text()))
                                .findFirst()
                                .orElse(null)
                        : null;
                if (token == null) {
                    text.append(rest.charAt(0));
                    rest = rest.substring(1);
                } else {
                    Arrays.stream(TOKENIZER.encode(text.toString())).forEach(ids);
                    text.setLength(0);
                    ids.add(TOKENIZER.id(token));
                    rest = rest.substring(token.text().length());
                }
            }
        }
        Arrays.stream(TOKENIZER.encode(text.toString())).forEach(ids);
        return ids.build().toArray();
    }

    @Provide
    Arbitrary<List<Turn>> turns() {
        List<String> pieces =
                new ArrayList<>(List.of("the ", "mill", "\n", "\n\n", " ", "'", "{{ x }}", "{%", "ü", "😀"));
        for (SpecialToken token : SpecialToken.values()) {
            pieces.add(token.text());
        }
        Arbitrary<String> texts =
                Arbitraries.of(pieces).list().ofMinSize(1).ofMaxSize(6).map(chosen -> String.join("", chosen));
        return texts.list().ofMinSize(2).ofMaxSize(7).flatMap(all -> Arbitraries.of(true, false)
                .map(system -> IntStream.range(0, all.size())
                        .mapToObj(i -> new Turn(role(i, system), all.get(i)))
                        .toList()));
    }

    private static Role role(int i, boolean system) {
        if (system && i == 0) {
            return Role.SYSTEM;
        }
        return (i - (system ? 1 : 0)) % 2 == 0 ? Role.USER : Role.ASSISTANT;
    }
}
