package org.millrace.cli.data;

/// Which documents were taken back: by a person, or by the cleaner, because another one stands in its place or
/// it breaks a rule now. What was kept is what was cleaned without these.
public final class Retracted {

    private final Fingerprints byPeople = new Fingerprints();
    private final Fingerprints byCleaner = new Fingerprints();

    /// @param idOrUrl of the documents
    public void byPerson(String idOrUrl) {
        byPeople.add(idOrUrl);
    }

    /// @param id of the document
    public void byCleaner(String id) {
        byCleaner.add(id);
    }

    /// Whether a person took anything back.
    public boolean anyByPerson() {
        return byPeople.size() > 0;
    }

    /// @param idOrUrl of a document
    public boolean isByPerson(String idOrUrl) {
        return byPeople.contains(idOrUrl);
    }

    boolean isByPerson(Fact.Kept document) {
        return isByPerson(document.id()) || isByPerson(document.source());
    }

    /// @param id of a document
    public boolean isByCleaner(String id) {
        return byCleaner.contains(id);
    }
}
