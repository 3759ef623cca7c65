package org.millrace.cleaner.text;

import java.util.List;
import org.jsoup.nodes.Document;
import org.jsoup.select.NodeTraversor;

/// A page as its blocks in reading order and the boxes around them. Everything later is a choice
/// among the blocks; the parse tree is not looked at again.
final class Outline {

    private final List<Block> blocks;
    private final List<Box> boxes;
    private final int[] weights;
    private final int[] words;
    private final int[] characters;
    private final int[] linkCharacters;

    private Outline(List<Block> blocks, List<Box> boxes) {
        this.blocks = blocks;
        this.boxes = boxes;
        this.weights = new int[blocks.size() + 1];
        this.words = new int[blocks.size() + 1];
        this.characters = new int[blocks.size() + 1];
        this.linkCharacters = new int[blocks.size() + 1];
        for (int i = 0; i < blocks.size(); i++) {
            Block block = blocks.get(i);
            weights[i + 1] = weights[i] + block.weight();
            words[i + 1] = words[i] + block.words();
            characters[i + 1] = characters[i] + block.text().length();
            linkCharacters[i + 1] = linkCharacters[i] + block.linkCharacters();
        }
    }

    static Outline of(Document document) {
        Outliner outliner = new Outliner(document.body());
        NodeTraversor.filter(outliner, document.body());
        return new Outline(outliner.blocks(), outliner.boxes());
    }

    List<Block> blocks() {
        return blocks;
    }

    /// Parents before children, else in reading order; the first is the page's body.
    List<Box> boxes() {
        return boxes;
    }

    Box body() {
        return boxes.getFirst();
    }

    int size() {
        return blocks.size();
    }

    int weight(Box box) {
        return weights[box.end] - weights[box.first];
    }

    int words(Box box) {
        return words[box.end] - words[box.first];
    }

    double linkDensity(Box box) {
        int all = characters[box.end] - characters[box.first];
        return all == 0 ? 0 : (double) (linkCharacters[box.end] - linkCharacters[box.first]) / all;
    }
}
