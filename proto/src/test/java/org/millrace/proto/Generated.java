package org.millrace.proto;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.millrace.proto.events.v1.PageFetched;

/// Today's contracts, as the generated classes have them.
final class Generated {

    private Generated() {}

    /// By the name of the `.proto` file.
    static SortedMap<String, FileDescriptor> files() throws IOException, ReflectiveOperationException {
        SortedMap<String, FileDescriptor> found = new TreeMap<>();
        Path classes = classes();
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file :
                    files.filter(f -> f.toString().matches("[^$]*\\.class")).toList()) {
                String name = classes.relativize(file).toString().replace('/', '.');
                for (Method method : Class.forName(name.substring(0, name.length() - ".class".length()))
                        .getDeclaredMethods()) {
                    if (isDescriptor(method)) {
                        FileDescriptor descriptor = (FileDescriptor) method.invoke(null);
                        found.put(descriptor.getName(), descriptor);
                    }
                }
            }
        }
        return found;
    }

    static FileDescriptorSet set(SortedMap<String, FileDescriptor> files) {
        FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
        files.values().forEach(file -> set.addFile(file.toProto()));
        return set.build();
    }

    private static boolean isDescriptor(Method method) {
        return method.getName().equals("getDescriptor")
                && Modifier.isStatic(method.getModifiers())
                && method.getReturnType() == FileDescriptor.class;
    }

    private static Path classes() {
        try {
            return Path.of(PageFetched.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException("a folder has an address that is a URI", e);
        }
    }
}
