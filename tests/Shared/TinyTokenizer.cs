using System.Text.Json.Nodes;

namespace Tests.Shared;

/// <summary>A tokenizer.json of a few tokens, in the form of LLaMA's.</summary>
internal static class TinyTokenizer
{
    /// <summary>Writes it.</summary>
    /// <param name="folder">The model's.</param>
    /// <param name="change">What is changed first.</param>
    public static void Write(string folder, Action<JsonNode>? change = null)
    {
        JsonNode file = JsonNode.Parse("""
            {
              "version": "1.0",
              "added_tokens": [
                {"id":0,"content":"<unk>","special":true}, {"id":1,"content":"<s>","special":true}, {"id":2,"content":"</s>","special":true}, {"id":3,"content":"<|turn|>","special":false}
              ],
              "normalizer": {"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},
              "pre_tokenizer": null,
              "post_processor": {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}},
              "model": {"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,
                "vocab":{"<unk>":0,"<s>":1,"</s>":2,"<|turn|>":3,"▁":4,"t":5,"h":6,"e":7,"r":8,"th":9,"the":10,"▁the":11,"er":12},
                "merges":["t h","th e","▁ the","e r"]}
            }
            """)!;
        change?.Invoke(file);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), file.ToJsonString());
    }
}
