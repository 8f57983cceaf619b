"""The settings that the page "Translation pair" offers, and what it calls them."""

STEPS = ("auto", "20", "30", "50", "100", "300")
STEP_NAMES = {"auto": "auto, error under 1%"}
EXPLAIN_NAMES = {"source": "What the source predicts", "own": "What each side predicts", "gold": "The gold label"}
MASS_NAMES = {"abs": "absolute", "positive": "positive only"}
PAGE_SPACES = ("isolated", "static", "contextual")
SPACE_NAMES = {
    "isolated": "isolated, each token alone",
    "static": "static, input embeddings",
    "contextual": "contextual, for comparison",
}
METHOD_NAMES = {
    "integrated-gradients": "integrated gradients",
    "saliency": "saliency",
    "input-x-gradient": "input × gradient",
    "gradient-shap": "gradient SHAP",
    "occlusion": "occlusion",
}
PAGE_PRECISIONS = ("fp32", "bf16")
