package org.millrace.tokenizer.kafka;

import java.util.SortedMap;
import java.util.TreeMap;
import org.millrace.artifacts.Reference;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.ArtifactFile;

/// References into the artifact store as they are written in events.
final class Stored {

    private Stored() {}

    static Artifact artifact(Reference reference) {
        return Artifact.newBuilder()
                .setUri(reference.uri())
                .setSha256(reference.sha256())
                .setLength(reference.length())
                .build();
    }

    static SortedMap<String, Reference> references(Iterable<ArtifactFile> files) {
        SortedMap<String, Reference> references = new TreeMap<>();
        for (ArtifactFile file : files) {
            Artifact artifact = file.getArtifact();
            references.put(
                    file.getName(), new Reference(artifact.getUri(), artifact.getSha256(), artifact.getLength()));
        }
        return references;
    }
}
