import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;

/** What Kafka answers when a request as a whole fails: lines "key version body-in-hex error" in, the answer's body out. */
public class Refusals {
    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        StringBuilder out = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ", -1);
            out.append(answer(words)).append('\n');
        }
        System.out.print(out);
    }

    private static String answer(String[] words) {
        try {
            short version = Short.parseShort(words[1]);
            ByteBuffer body = ByteBuffer.wrap(HexFormat.of().parseHex(words[2]));
            ApiKeys key = ApiKeys.forId(Integer.parseInt(words[0]));
            AbstractRequest request = AbstractRequest.parseRequest(key, version, new ByteBufferAccessor(body)).request;
            Errors error = Errors.forCode(Short.parseShort(words[3]));
            AbstractResponse response = request.getErrorResponse(0, error.exception());
            if (response == null) return "none";
            ByteBuffer written = MessageUtil.toByteBufferAccessor(response.data(), version).buffer();
            byte[] bytes = new byte[written.remaining()];
            written.get(bytes);
            return bytes.length == 0 ? "-" : HexFormat.of().formatHex(bytes);
        } catch (Exception problem) {
            return "! " + problem;
        }
    }
}
