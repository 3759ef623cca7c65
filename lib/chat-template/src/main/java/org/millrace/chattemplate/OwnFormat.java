package org.millrace.chattemplate;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.millrace.bpe.Chat;
import org.millrace.bpe.Rendered;
import org.millrace.bpe.Role;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Turn;

/// The format of tokenizers that were learned here.
record OwnFormat(Tokenizer tokenizer) implements ChatFormat {

    private static final JsonMapper JSON = new JsonMapper();

    @Override
    public Rendered render(List<Turn> turns) {
        return Chat.render(tokenizer, turns);
    }

    @Override
    public int[] prompt(List<Turn> turns, List<Map<String, Object>> tools) {
        Chat.check(turns, Role.USER, Role.TOOL_OUTPUT); // mistakes name the caller's turns
        return Chat.prompt(tokenizer, tools.isEmpty() ? turns : told(turns, tools));
    }

    /// Tools are told by the system, behind what it says otherwise: each in a line, as JSON.
    private static List<Turn> told(List<Turn> turns, List<Map<String, Object>> tools) {
        boolean speaks = turns.getFirst().role() == Role.SYSTEM;
        StringBuilder system = new StringBuilder(speaks ? turns.getFirst().text() + "\n\n" : "")
                .append("Tools, called by {\"name\": …, \"arguments\": {…}}:");
        for (Map<String, Object> tool : tools) {
            system.append('\n').append(JSON.valueToTree(tool.get("function")).toString());
        }
        List<Turn> told = new ArrayList<>(turns);
        if (speaks) {
            told.removeFirst();
        }
        told.addFirst(new Turn(Role.SYSTEM, system.toString()));
        return told;
    }

    @Override
    public OptionalInt beginOfText() {
        return tokenizer.special(SpecialToken.BOS.text());
    }

    @Override
    public OptionalInt endOfTurn() {
        return tokenizer.special(SpecialToken.ASSISTANT_END.text());
    }
}
